"""A configuration from text, with made-up kinds of providers."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from penstock.config.load import load
from penstock.config.mistakes import ConfigInvalid
from penstock.domain.secret import Secret


class NamedKey(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """What it is called."""
    key: str
    """The key itself."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A server far away."""

    base_url: str | None = None
    """Where it is."""
    api_key: str | None = None
    """Its key."""
    token: Secret | None = None
    """Its other key."""
    keys: tuple[NamedKey, ...] = ()
    """Several keys."""
    headers: dict[str, str] = {}
    """Further headers."""
    pace: Annotated[int, msgspec.Meta(ge=1, le=10)] | Literal["slow", "fast"] = "slow"
    """How fast."""

    def __post_init__(self) -> None:
        if self.base_url == "nowhere":
            raise ValueError("base_url leads nowhere")


class Needy(msgspec.Struct, frozen=True, kw_only=True):
    """One that needs an address."""

    base_url: str
    """Where it is."""


KINDS = {"far": Options, "needy": Needy}


class Workshop:
    """Writes files and loads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "penstock.yaml"
        self.env: dict[str, str] = {}

    def write(self, text: str, name: str = "penstock.yaml") -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def load(self, text: str | None = None, **more):
        if text is not None:
            self.write(text)
        return load(self.path, env=self.env, kinds=KINDS, **more)

    def mistakes(self, text: str | None = None, **more) -> list[str]:
        """What is wrong, each as `line:column message | hint`, without the file's name."""
        with pytest.raises(ConfigInvalid) as caught:
            self.load(text, **more)
        return [
            f"{each.place}: {each.message}".replace(f"{self.path}:", "")
            + (f" | {each.hint}" if each.hint else "")
            for each in caught.value.mistakes
        ]


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path)


@pytest.fixture
def kinds():
    return KINDS
