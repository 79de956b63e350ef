"""docs/configuration.md."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from penstock.app.plugins import Kinds
from penstock.config.documented import sentences
from penstock.config.reference import reference
from penstock.config.schema import structs

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


class Inner(msgspec.Struct, frozen=True):
    x: int
    """A | b."""


class Odd(msgspec.Struct):
    """All forms of defaults."""

    required: Annotated[float, Meta(gt=0, le=1)]
    """Needed."""
    factory: list[int] = msgspec.field(default_factory=list)
    """A list."""
    empty: str = ""
    """A text."""
    word: str = "w"
    """A word."""
    flag: bool = False
    """A flag."""
    unset: int | str | None = None
    """Either."""
    inner: Inner | None = None
    """Within."""
    named: dict[str, Inner] = {}
    """By name."""
    anything: dict[str, Any] = {}
    """Whatever."""
    whole: Inner = Inner(x=1)
    """A section."""


def test_every_form_of_field_is_written():
    """Type with bounds, default and sentence of each field; inner sections with their place."""
    page = reference({"odd": Odd})
    tail = page[page.index("## providers: kind odd\n") :]
    assert "All forms of defaults." in tail
    assert "| `required` | a number, > 0, ≤ 1 | **required** | Needed. |" in tail
    assert "| `factory` | a list | none | A list. |" in tail
    assert "| `empty` | text | empty | A text. |" in tail
    assert "| `word` | text | `w` | A word. |" in tail
    assert "| `flag` | true or false | `false` | A flag. |" in tail
    assert "| `unset` | a whole number or text | unset | Either. |" in tail
    assert "| `whole` | a mapping | see below | A section. |" in tail
    assert "## providers: kind odd, `inner`\n" in tail
    assert "| `x` | a whole number | **required** | A \\| b. |" in tail


def test_the_page_is_in_step_with_the_tree():
    """A changed setting changes the page: penstock config reference > docs/configuration.md."""
    assert PAGE.read_text(encoding="utf-8") == reference(Kinds())


def test_every_option_of_a_provider_is_documented():
    """A plug-in's option without a sentence is not finished."""
    kinds = Kinds()
    silent = [
        f"{kind}: {each.__name__}.{field}"
        for kind in kinds
        for each in structs(kinds[kind])
        for field in each.__struct_fields__
        if field not in sentences(each)
    ]
    assert silent == []
