"""A Responses object that is kept for `GET /v1/responses/ID` and `previous_response_id`."""

import msgspec

from penstock.domain.identity import Principal


class StoredResponse(msgspec.Struct, frozen=True, kw_only=True):
    """`native` responses live with the provider; of them only the place is remembered."""

    id: str
    at: float
    """Unix seconds, UTC."""
    owner: str
    """Who may see it; see `owner_of`."""
    model: str
    """The name that the client asked for."""
    provider: str
    target_model: str
    native: bool
    body: bytes = b""
    """The Responses object as JSON."""
    history: bytes = b""
    """All messages up to and including this answer, as JSON of `domain.chat.Message`s."""


def owner_of(principal: Principal) -> str:
    """The tenant that a stored response belongs to: the organization, else the user, else the key."""
    for kind, name in (("organization", principal.organization), ("user", principal.user)):
        if name is not None:
            return f"{kind}:{name}"
    return f"key:{principal.key_id}"
