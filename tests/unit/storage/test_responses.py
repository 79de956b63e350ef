"""Stored responses belong to an owner and make chains."""

import msgspec

from penstock.domain.response import StoredResponse
from penstock.storage import responses

FIRST = StoredResponse(
    id="a",
    owner="organization:acme",
    target="openai/gpt",
    input="[1]",
    body='{"x": "\\u0000"}',
    created=100.0,
)
SECOND = msgspec.structs.replace(FIRST, id="b", previous_id="a", created=101.0)
THIRD = msgspec.structs.replace(FIRST, id="c", previous_id="b", created=102.0)
OWNER = FIRST.owner


def test_a_response_is_its_owners(database, write):
    """G30: nobody else can read it."""
    write(responses=[FIRST])
    assert database.read(responses.get, "a", OWNER) == FIRST
    assert database.read(responses.get, "a", "organization:other") is None


def test_a_chain_is_read_from_its_beginning(database, write):
    """A response and all before it, oldest first."""
    write(responses=[FIRST, SECOND, THIRD])
    assert database.read(responses.chain, "c", OWNER) == [FIRST, SECOND, THIRD]
    assert database.read(responses.chain, "c", "organization:other") == []


def test_a_chain_that_was_cut_begins_after_the_cut(database, write):
    """What was deleted is gone; what came after it is still there."""
    write(responses=[FIRST, SECOND, THIRD])
    assert database.write(responses.remove, "a", OWNER)
    assert database.read(responses.chain, "c", OWNER) == [SECOND, THIRD]


def test_only_the_owner_can_delete(database, write):
    """A stranger's deletion finds nothing."""
    write(responses=[FIRST])
    assert not database.write(responses.remove, "a", "organization:other")
    assert database.write(responses.remove, "a", OWNER)
    assert not database.write(responses.remove, "a", OWNER)


def test_old_responses_go_in_bounded_steps(database, write):
    """At most as many as asked for at once, the oldest first."""
    write(responses=[FIRST, SECOND, THIRD])
    assert database.write(responses.delete_before, 102.0, 1) == 1
    assert database.read(responses.get, "a", OWNER) is None
    assert database.write(responses.delete_before, 102.0, 9) == 1
    assert database.read(responses.get, "c", OWNER) == THIRD
