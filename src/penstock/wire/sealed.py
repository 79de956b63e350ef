"""Reasoning that only its provider can read, carried through a client of another dialect.

Anthropic signs thinking (`signature`), OpenAI encrypts it (`encrypted_content`, with the item's id).
Both want it back unchanged in the next turn, and clients hand back what is in the field that their
own dialect has for it. So the foreign text goes into that field behind a mark, and comes out again.
"""

from typing import Final

from penstock.domain.chat import Reasoning

_OPENAI: Final = "penstock/openai/"
_SIGNED: Final = "penstock/signed/"
_REDACTED: Final = "penstock/redacted/"


def signature(part: Reasoning) -> str:
    """Return what stands for `part` in the signature of an Anthropic thinking block, "" for nothing."""
    if part.signature:
        return part.signature
    return f"{_OPENAI}{part.id or ''}/{part.encrypted}" if part.encrypted else ""


def opened(text: str, signed: str | None) -> Reasoning:
    """Read a thinking block of an Anthropic client or provider."""
    if signed and signed.startswith(_OPENAI):
        identity, _, encrypted = signed.removeprefix(_OPENAI).partition("/")
        return Reasoning(text=text, id=identity or None, encrypted=encrypted)
    return Reasoning(text=text, signature=signed or None)


def encrypted(part: Reasoning) -> str | None:
    """Return what stands for `part` in the `encrypted_content` of a reasoning item, None for nothing."""
    if part.signature:
        return _SIGNED + part.signature
    if part.encrypted and not part.id:
        return _REDACTED + part.encrypted
    return part.encrypted


def decrypted(text: str, identity: str | None, content: str | None) -> Reasoning:
    """Read a reasoning item of a Responses client or provider."""
    if content and content.startswith(_SIGNED):
        return Reasoning(text=text, signature=content.removeprefix(_SIGNED))
    if content and content.startswith(_REDACTED):
        return Reasoning(text=text, encrypted=content.removeprefix(_REDACTED))
    return Reasoning(text=text, id=identity, encrypted=content or None)
