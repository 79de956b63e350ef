"""Ids."""

import uuid

from penstock.domain.identity import Principal, new_id


def test_ids_are_uuids_of_version_7() -> None:
    """RFC 9562: version 7, the usual variant, no two alike."""
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {uuid.UUID(one).version for one in ids} == {7}
    assert {uuid.UUID(one).variant for one in ids} == {uuid.RFC_4122}


def test_ids_sort_by_time() -> None:
    """The millisecond comes first, so that an index grows at its end."""
    assert uuid.UUID(new_id(1700000000.123)).int >> 80 == 1700000000123
    assert new_id(1700000000.0) < new_id(1700000000.001) < new_id(1800000000.0)


def test_a_principal_may_have_no_scopes() -> None:
    """What does not apply is None."""
    assert Principal(key_id="k", key_name="n").organization is None
