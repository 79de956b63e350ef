"""Reply headers that may be passed on."""

from penstock.transport import headers
from penstock.transport.headers import passable


def test_g16_request_ids_pass_under_their_own_names():
    """G16: the provider's ids reach the client's library where it looks for them."""
    assert passable({"X-Request-Id": "a", "request-id": "b"}) == {"x-request-id": "a", "request-id": "b"}


def test_g11_limits_are_marked_as_the_providers():
    """G11: rate limits of the provider are x-upstream-*, since ours use the plain names."""
    assert passable({"x-ratelimit-limit-requests": "9", "anthropic-ratelimit-tokens-reset": "t"}) == {
        "x-upstream-ratelimit-limit-requests": "9",
        "x-upstream-anthropic-ratelimit-tokens-reset": "t",
    }


def test_g16_everything_else_stays():
    """G16: cookies, organizations and hop-by-hop headers are not passed."""
    assert passable({"set-cookie": "a", "openai-organization": "o", "connection": "close"}) == {}


def test_what_is_remembered_is_bounded(monkeypatch):
    """A provider that invents header names cannot fill the memory."""
    monkeypatch.setattr(headers, "_names", {})
    for n in range(headers.REMEMBERED_MOST + 10):
        passable({f"x-{n}": "v"})
    assert len(headers._names) == headers.REMEMBERED_MOST
