"""A Responses object that is kept for `GET /v1/responses/ID` and `previous_response_id`."""

import msgspec

from penstock.domain.identity import Principal


class StoredResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One response with what led to it."""

    id: str
    owner: str
    """Whose it is, see `owner_of`; nobody else can read it."""
    previous_id: str | None = None
    target: str
    """provider/model that answered."""
    input: str
    """The request's `input` as JSON; empty where the provider keeps the response."""
    body: str
    """The response as JSON; empty where the provider keeps it."""
    created: float
    """Unix seconds, UTC."""

    @property
    def native(self) -> bool:
        """The provider itself keeps it, and is asked for it."""
        return not self.body


def owner_of(principal: Principal) -> str:
    """The tenant that a stored response belongs to: the organization, else the user, else the key."""
    for kind, name in (("organization", principal.organization), ("user", principal.user)):
        if name is not None:
            return f"{kind}:{name}"
    return f"key:{principal.key_id}"
