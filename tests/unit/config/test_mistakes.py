"""How mistakes look."""

import pytest

from penstock.config.mistakes import ConfigInvalid, Mistake, Place, mask_line, mask_url, nearest


def test_a_mistake_shows_its_line_with_a_caret():
    """Place and message, the line, a caret under the column, the hint."""
    place = Place(source="f.yaml", line=3, column=5, text="\t  prot: 1")
    assert Mistake(place=place, message="unknown", hint="did you mean `port`?").render() == (
        "f.yaml:3:5: unknown\n      prot: 1\n        ^\n  did you mean `port`?".replace(
            "      prot", "       prot"
        )
    )


def test_a_mistake_without_a_line_is_one_line():
    """A variable or a flag has no line to show."""
    mistake = Mistake(place=Place(source="--port"), message="has to be a number")
    assert mistake.render() == "--port: has to be a number"


def test_mistakes_come_in_the_order_of_the_text():
    """However they were found, they are told from top to bottom."""
    places = [Place(source="f", line=line, column=column) for line, column in ((2, 1), (1, 9), (1, 2))]
    invalid = ConfigInvalid(Mistake(place=place, message="m") for place in places)
    assert [str(mistake.place) for mistake in invalid.mistakes] == ["f:1:2", "f:1:9", "f:2:1"]
    assert str(invalid).count("f:") == 3


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("api_key: sk-123, x: y}", "api_key: ******, x: y}"),
        ("secret: 'a b'", "secret: *****"),
        ('password: "x', "password: **"),
        ("api_key: env:NAME", "api_key: env:NAME"),
        ("secret: file:/x", "secret: file:/x"),
        ("keys: [{name: a}]", "keys: [{name: a}]"),
        ("first_token: 60", "first_token: 60"),
        ("url: postgresql://u:pw@h/d", "url: postgresql://u:**@h/d"),
    ],
)
def test_a_line_is_shown_without_secrets(line, masked):
    """Literal secrets are hidden and columns stay."""
    assert mask_line(line) == masked


def test_a_password_in_an_address_is_hidden():
    """Of an address with a password, the rest is shown."""
    assert mask_url("at postgresql://u:pw@h/d") == "at postgresql://u:***@h/d"


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("prot", ["host", "port"], "did you mean `port`?"),
        ("API_KEY", ["api_key"], "did you mean `api_key`?"),
        ("zzz", ["b", "a"], "known here: a, b"),
        ("zzz", [], ""),
        ("zzz", [f"a{n}" for n in range(13)], ""),
    ],
)
def test_the_nearest_name_is_hinted_at(name, known, hint):
    """A near name, else a short list of what there is, else nothing."""
    assert nearest(name, known) == hint
