"""Which of a provider's reply headers may reach a client, and under which name (G11, G16)."""

from collections.abc import Mapping
from typing import Final

PASSED: Final = frozenset({"request-id", "x-request-id", "openai-processing-ms", "openai-version"})
RENAMED: Final = ("x-ratelimit-", "anthropic-ratelimit-")
"""Limits of the provider's: ours speak under these names, so theirs become x-upstream-*."""
REMEMBERED_MOST: Final = 2000

_names: dict[str, str | None] = {}


def passable(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that may be passed on, in lower case."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        passed = _names[name] if name in _names else _passed_name(name)
        if passed is not None:
            kept[passed] = value
    return kept


def _passed_name(name: str) -> str | None:
    lower = name.lower()
    passed = lower if lower in PASSED else None
    if lower.startswith(RENAMED):
        passed = "x-upstream-" + lower.removeprefix("x-")
    if len(_names) < REMEMBERED_MOST:
        _names[name] = passed
    return passed
