"""Custom tools take free text. Where a provider only knows functions, they are one with one string.

The function has the parameter `input`; what a model passes there is the tool's text again.
"""

from typing import Any, Final

import msgspec

PARAMETERS: Final[dict[str, Any]] = {  # wire: a JSON schema
    "type": "object",
    "properties": {"input": {"type": "string"}},
    "required": ["input"],
    "additionalProperties": False,
}


class _Named(msgspec.Struct):
    name: str | None = None


class _Tool(msgspec.Struct):
    type: str = ""
    name: str | None = None
    custom: _Named | None = None


class _Declared(msgspec.Struct):
    tools: list[_Tool] | None = None


class _Wrapped(msgspec.Struct, forbid_unknown_fields=True):
    input: str


_REQUEST: Final = msgspec.json.Decoder(_Declared)
_ARGUMENTS: Final = msgspec.json.Decoder(_Wrapped)
_encode = msgspec.json.Encoder().encode


def declared(body: bytes) -> frozenset[str]:
    """Return the names of the custom tools that a client's request declares, in either of OpenAI's forms."""
    if b'"custom"' not in body:
        return frozenset()
    tools = _REQUEST.decode(body).tools or []
    named = (
        tool.name or (tool.custom.name if tool.custom else None) for tool in tools if tool.type == "custom"
    )
    return frozenset(name for name in named if name)


def wrapped(text: str) -> str:
    """Return the arguments of the function for a tool's text."""
    return _encode({"input": text}).decode()


def unwrapped(arguments: str) -> str:
    """Return the tool's text; arguments of another form are handed on as they are."""
    try:
        return _ARGUMENTS.decode(arguments).input
    except ValueError:
        return arguments
