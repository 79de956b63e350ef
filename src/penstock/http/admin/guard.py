"""What every page of the administration does alike: ask for the admin key, read JSON, write JSON."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from penstock.domain.exchange import Streaming, Whole
from penstock.failures import InvalidRequest
from penstock.http.authenticate import AdminGate
from penstock.http.incoming import Incoming

T = TypeVar("T")
Page = Callable[[Incoming], Awaitable[Whole]]


class Guarded:
    """A page behind the admin key."""

    def __init__(self, gate: AdminGate, page: Page) -> None:
        self._gate = gate
        self._page = page

    async def __call__(self, incoming: Incoming) -> Whole | Streaming:
        self._gate.check(incoming)
        return await self._page(incoming)


async def read(incoming: Incoming, shape: type[T]) -> T:
    """Read a JSON body of that shape; an empty body counts as {}. Raises InvalidRequest."""
    body = await incoming.body()
    try:
        return msgspec.json.decode(body or b"{}", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(str(error)) from None


def write(reply: object, status: int = 200) -> Whole:  # any msgspec Struct
    """Return a JSON reply."""
    return Whole(status=status, headers={"cache-control": "no-store"}, body=msgspec.json.encode(reply))


def number(incoming: Incoming, name: str, default: float, *, least: float, most: float) -> float:
    """Return a number of the query within bounds. Raises InvalidRequest."""
    text = incoming.query.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise InvalidRequest(f"{name} must be a number from {least:g} to {most:g}.", param=name)
    return value


def whole_number(incoming: Incoming, name: str, default: int, *, least: int, most: int) -> int:
    """Return an integer of the query within bounds. Raises InvalidRequest."""
    value = number(incoming, name, default, least=least, most=most)
    if value != int(value):
        raise InvalidRequest(f"{name} must be a whole number.", param=name)
    return int(value)
