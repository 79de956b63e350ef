"""The configuration, with mistakes as values."""

from penstock.cli.parts.checked import checked, complete, mistakes_as_json
from penstock.config.mistakes import Mistake, Place


def test_what_a_plug_in_refuses_has_the_place_of_the_option(shell):
    """Or of the kind, where no option is to blame."""
    shell.write(
        "providers:\n  a: {kind: openai_compatible, vendor: nobody}\n  b: {kind: openai_compatible}\n"
    )
    loaded, mistakes, text = checked(complete(None, None))
    assert loaded is None
    assert [(mistake.place.line, mistake.place.column) for mistake in mistakes] == [(2, 40), (3, 13)]
    assert text.startswith("the configuration has 2 mistakes")


def test_no_password_is_printed_as_json():
    """Addresses in messages lose theirs."""
    mistake = Mistake(place=Place(source="f"), message="at postgresql://u:pw@h")
    assert mistakes_as_json((mistake,))[0]["message"] == "at postgresql://u:***@h"
