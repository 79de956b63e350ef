"""Stored responses (the Responses dialect) and the chains that they make.

They are written through `Writer.keep`; an answer names its predecessor, and belongs to one owner.
"""

from sqlalchemy import Connection, delete, select

from penstock.domain.response import StoredResponse
from penstock.storage.database import noun
from penstock.storage.tables import responses

CHAIN_LIMIT = 1000
"""The longest chain that is followed."""


def get(connection: Connection, response_id: str, owner: str) -> StoredResponse | None:
    """Return one response, if it is the owner's."""
    query = select(responses).where(responses.c.id == response_id, responses.c.owner == owner)
    found = connection.execute(query).one_or_none()
    return None if found is None else noun(found, StoredResponse)


def chain(connection: Connection, response_id: str, owner: str) -> list[StoredResponse]:
    """Return a response and all before it, oldest first; [] if it is not the owner's.

    A chain that was cut (an earlier response deleted) begins after the cut.
    """
    links: list[StoredResponse] = []
    next_id: str | None = response_id
    while next_id is not None and len(links) < CHAIN_LIMIT:
        link = get(connection, next_id, owner)
        if link is None:
            break
        links.append(link)
        next_id = link.previous_id
    return links[::-1]


def remove(connection: Connection, response_id: str, owner: str) -> bool:
    """Delete one response; False if there was none of this owner's."""
    query = delete(responses).where(responses.c.id == response_id, responses.c.owner == owner)
    return connection.execute(query).rowcount > 0


def delete_before(connection: Connection, created: float, limit: int) -> int:
    """Delete at most `limit` of the responses older than `created`; return how many."""
    old = select(responses.c.id).where(responses.c.created < created).order_by(responses.c.created)
    return connection.execute(delete(responses).where(responses.c.id.in_(old.limit(limit)))).rowcount
