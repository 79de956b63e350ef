"""What is written in one commit, and what takes it."""

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from penstock.domain.ledger import LedgerRow
from penstock.domain.response import StoredResponse
from penstock.storage.records import StoredRecord

logger = logging.getLogger(__name__)
T = TypeVar("T", bound=msgspec.Struct)


class Group(msgspec.Struct, kw_only=True):
    """Everything that was queued when the writer came by."""

    rows: list[LedgerRow] = []
    records: list[StoredRecord] = []
    responses: list[StoredResponse] = []

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.rows or self.records or self.responses)

    def __add__(self, other: "Group") -> "Group":
        """Join two groups, in order."""
        return Group(
            rows=self.rows + other.rows,
            records=self.records + other.records,
            responses=self.responses + other.responses,
        )


UNWRITABLE = (ValueError, TypeError, OverflowError, msgspec.MsgspecError)
"""What encoding raises for text and numbers that have no form."""


class BadRow(ValueError):
    """The database is there, but does not take this text or number."""


class Sink(Protocol):
    """Writes groups durably, one at a time, from one thread."""

    @property
    def trouble(self) -> str | None:
        """What an operator should know; may be asked from any thread."""
        ...

    @property
    def dropped(self) -> int:
        """Records that were given up; may be asked from any thread."""
        ...

    def write(self, group: Group) -> None:
        """Write all of it or nothing; what is there already is left as it is.

        Raises StorageUnavailable, BadRow.
        """
        ...

    def tidy(self) -> float | None:
        """Do a bounded piece of what was put off; return in how many seconds to come back, if at all."""
        ...

    def close(self) -> None: ...


def write_or_clean(write: Callable[[Group], None], group: Group) -> None:
    """Write a group; if it holds what the database does not take, clean it and write it one by one.

    The last resort for what no cleaning helps is the log. Raises what `write` raises, but no BadRow.
    """
    try:
        write(group)
    except BadRow as error:
        logger.warning("a group holds what the database does not take, cleaning it: %s", error)
        for single in singles(cleaned(group)):
            _write_or_log(write, single)


def _write_or_log(write: Callable[[Group], None], single: Group) -> None:
    try:
        write(single)
    except BadRow as error:
        lost = (single.rows or single.records or single.responses)[0]
        logger.critical("not stored, %s: %r", error, lost)


def cleaned(group: Group) -> Group:
    """Replace what no database takes: NUL characters and lone surrogates."""
    return Group(
        rows=[_clean(row) for row in group.rows],
        records=[_clean(record) for record in group.records],
        responses=[_clean(response) for response in group.responses],
    )


def singles(group: Group) -> list[Group]:
    """Take a group apart, so that one row does not keep out the others."""
    return [
        *(Group(rows=[row]) for row in group.rows),
        *(Group(records=[record]) for record in group.records),
        *(Group(responses=[response]) for response in group.responses),
    ]


def _clean(noun: T) -> T:
    texts = {name: value for name, value in msgspec.structs.asdict(noun).items() if isinstance(value, str)}
    return msgspec.structs.replace(
        noun,
        **{
            name: value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
            for name, value in texts.items()
        },
    )
