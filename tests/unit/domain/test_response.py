"""Stored responses and their owners."""

import pytest

from penstock.domain.identity import Principal
from penstock.domain.response import StoredResponse, owner_of


@pytest.mark.parametrize(
    ("user", "organization", "owner"),
    [("ann", "acme", "organization:acme"), ("ann", None, "user:ann"), (None, None, "key:k1")],
)
def test_the_widest_scope_owns(user: str | None, organization: str | None, owner: str) -> None:
    """G30: the organization, else the user, else the key."""
    assert owner_of(Principal(key_id="k1", key_name="n", user=user, organization=organization)) == owner


def test_a_response_without_a_body_lives_with_its_provider() -> None:
    """What the provider keeps is not kept twice."""
    kept = StoredResponse(id="r", owner="key:k", target="a/x", input="", body="", created=0)
    assert kept.native
