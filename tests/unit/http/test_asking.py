"""What a request's headers say."""

import pytest

from penstock.config.tree import Server
from penstock.domain.chat import ChatRequest, Dialect
from penstock.domain.identity import Principal
from penstock.failures import InvalidRequest
from penstock.http.asking import make_ask
from penstock.http.incoming import Incoming

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REQUEST = ChatRequest(dialect=Dialect.OPENAI_CHAT, body=b"{}", model="m")
WHO = Principal(key_id="k", key_name="k")


def ask(**headers: str):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"method": "POST", "path": "/", "headers": raw, "query_string": b""}
    return make_ask(Incoming(scope, None, Server()), REQUEST, WHO)


async def test_headers_go_upstream_by_allow_list():
    """Credentials, cookies and unknown headers stay here (G16)."""
    asked = ask(
        traceparent=TRACE,
        anthropic_version="2023-06-01",
        anthropic_beta="x",
        openai_beta="y",
        idempotency_key="z",
        authorization="Bearer k",
        cookie="a=b",
        x_api_key="k",
        connection="close",
    )
    assert [name for name, _ in asked.headers] == [
        "traceparent",
        "anthropic-version",
        "anthropic-beta",
        "openai-beta",
        "idempotency-key",
    ]
    assert asked.traceparent == TRACE


async def test_traceparent_of_no_form_is_dropped():
    """A trace context that breaks the standard is ignored, as the standard says."""
    asked = ask(traceparent="nonsense")
    assert (asked.traceparent, asked.headers) == (None, ())


async def test_deadline_counts_from_the_arrival():
    """Milliseconds become a moment on the loop's clock."""
    asked = ask(x_penstock_deadline_ms="1500")
    assert asked.deadline == pytest.approx(asked.arrived + 1.5)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "soon", "86400001", "9" * 12])
async def test_deadline_without_sense_is_refused(value):
    """400, naming the header."""
    with pytest.raises(InvalidRequest) as refused:
        ask(x_penstock_deadline_ms=value)
    assert refused.value.param == "x-penstock-deadline-ms"


@pytest.mark.parametrize(
    ("value", "nanos"), [("1", 10**9), ("0.05", 50_000_000), ("0.000000001", 1), ("0", 0)]
)
async def test_cost_ceiling_is_exact(value, nanos):
    """US dollars become nano-dollars without rounding."""
    assert ask(x_penstock_max_cost_usd=value).max_cost_nanos == nanos


@pytest.mark.parametrize("value", ["-1", "1e400", ".5", "0.0000000001", "free", "9" * 40])
async def test_cost_ceiling_without_sense_is_refused(value):
    """400, naming the header."""
    with pytest.raises(InvalidRequest):
        ask(x_penstock_max_cost_usd=value)


@pytest.mark.parametrize("value", ["off", "resume", "whole"])
async def test_recovery(value):
    """One of the three words."""
    assert ask(x_penstock_recovery=value).recovery == value


async def test_unknown_recovery_is_refused():
    """Nothing but the three words."""
    with pytest.raises(InvalidRequest):
        ask(x_penstock_recovery="maybe")


@pytest.mark.parametrize(
    "name", ["session_id", "x_claude_code_session_id", "x_session_id", "x_penstock_session"]
)
async def test_session_from_any_clients_header(name):
    """Each client names its sessions by a header of its own."""
    assert ask(**{name: "s1"}).session == "s1"


async def test_client_is_its_user_agent_cut_and_cleaned():
    """Control characters and endless names do not reach the records."""
    assert ask(user_agent="a\tb" + "c" * 500).client == "ab" + "c" * 197


async def test_nothing_said():
    """Headers that are absent are None."""
    asked = ask()
    assert (asked.deadline, asked.recovery, asked.max_cost_nanos, asked.session, asked.client) == (None,) * 5
