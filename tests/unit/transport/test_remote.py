"""A provider behind HTTP: addresses, headers, and what an answer means."""

import pytest
from yarl import URL

from penstock import failures
from penstock.domain.chat import Dialect
from penstock.protocols import Call
from penstock.transport.remote import Remote
from penstock.transport.site import Credential, Site
from penstock.wire.codec import Quirks

HTML = b"<html><body>Bad Gateway</body></html>"
ERROR = b'{"error":{"message":"no","type":"server_error","code":"server_error"}}'


def site(**fields) -> Site:
    known = {
        "base": URL("http://provider.test/v1"),
        "native": frozenset({Dialect.OPENAI_CHAT}),
        "quirks": Quirks(),
        "credentials": (Credential(name="k", headers={"authorization": "Bearer secret"}),),
    }
    return Site(**(known | fields))


def call(**fields) -> Call:
    known = {"dialect": Dialect.OPENAI_CHAT, "model": "m", "body": b"{}", "stream": False}
    return Call(**(known | fields))


@pytest.fixture
def answered(line, transport):
    """Send one call to a provider that gives this answer."""

    async def send(raw: bytes, made: Call | None = None, of: Site | None = None):
        async def handler(reader, writer):
            while True:
                await line.request(reader)
                writer.write(raw)

        line.handlers = [handler]
        return await Remote("p", of or site(), transport).send(made or call())

    return send


def http(status: int, body: bytes, content_type: str, *more: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {content_type}", f"content-length: {len(body)}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_json_answer_is_whole(answered):
    """The body comes as it was sent."""
    answer = await answered(http(200, b'{"id":"1"}', "application/json", "x-request-id: r"))
    assert (answer.body, answer.headers, answer.chunks) == (b'{"id":"1"}', {"x-request-id": "r"}, None)


async def test_a_stream_is_handed_over_unread(answered):
    """The stream's bytes are the provider's."""
    answer = await answered(http(200, b"data: 1\n\n", "text/event-stream"), call(stream=True))
    assert b"".join([chunk async for chunk in answer.chunks]) == b"data: 1\n\n"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, failures.ServerFault),
        (529, failures.Overloaded),
        (401, failures.KeyRejected),
        (307, failures.InvalidAnswer),
    ],
)
async def test_a_refusal_is_what_its_status_says(answered, status, kind):
    """G10: status first; the provider's own words are kept for the client."""
    with pytest.raises(kind) as raised:
        await answered(http(status, ERROR, "application/json", "x-ratelimit-limit: 1"))
    upstream = raised.value.upstream
    assert (upstream.status, upstream.body, upstream.dialect) == (status, ERROR, "openai_chat")
    assert upstream.headers == {"x-upstream-ratelimit-limit": "1"}


@pytest.mark.parametrize("stream", [True, False])
async def test_p05_an_html_page_is_no_answer(answered, stream):
    """P05: HTML with status 200 is InvalidAnswer with an excerpt."""
    with pytest.raises(failures.InvalidAnswer) as raised:
        await answered(http(200, HTML * 100, "text/html"), call(stream=stream))
    assert raised.value.upstream.body.startswith(b"<html>")
    assert len(raised.value.upstream.body) == 500


async def test_p01_an_error_object_instead_of_a_stream_is_that_error(answered):
    """P01: 200 with an error's JSON where a stream was asked for is the error it is."""
    with pytest.raises(failures.ServerFault):
        await answered(http(200, ERROR, "application/json"), call(stream=True))


async def test_a_whole_answer_instead_of_a_stream_is_invalid(answered):
    """A stream was asked for."""
    body = b'{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[]}'
    with pytest.raises(failures.UpstreamFailure):
        await answered(http(200, body, "application/json"), call(stream=True))


async def test_json_as_plain_text_is_taken(answered):
    """Some servers do not name their JSON."""
    assert (await answered(http(200, b' {"id":"1"}', "text/plain"))).body == b' {"id":"1"}'


async def test_the_key_asked_for_is_sent(answered, line):
    """Each of several keys has its own headers."""
    keys = (Credential(name="a", headers={"x-key": "1"}), Credential(name="b", headers={"x-key": "2"}))
    await answered(http(200, b"{}", "application/json"), call(key="b"), site(credentials=keys))
    assert b"x-key: 2" in line.received[0]


async def test_g16_client_headers_pass_by_list(answered, line):
    """G16: a client's traceparent goes on, its authorization does not replace ours."""
    headers = (("traceparent", "00-1"), ("authorization", "Bearer stolen"), ("x-other", "1"))
    await answered(http(200, b"{}", "application/json"), call(headers=headers))
    sent = line.received[0]
    assert b"traceparent: 00-1" in sent
    assert b"Bearer secret" in sent
    assert b"stolen" not in sent
    assert b"x-other" not in sent


async def test_a_header_given_twice_is_joined(answered, line):
    """G17: anthropic-beta is a list."""
    headers = (("anthropic-beta", "a"), ("anthropic-beta", "b"))
    of = site(takes=("anthropic-",))
    await answered(http(200, b"{}", "application/json"), call(headers=headers), of)
    assert b"anthropic-beta: a,b" in line.received[0]


@pytest.mark.parametrize(
    ("fields", "made", "path"),
    [
        ({}, {}, b"/v1/chat/completions"),
        ({"query": {"api-version": "2024-10-21"}}, {}, b"/v1/chat/completions?api-version=2024-10-21"),
        ({"deployments": True}, {"model": "d1"}, b"/v1/deployments/d1/chat/completions"),
        ({}, {"dialect": Dialect.OPENAI_EMBEDDINGS}, b"/v1/embeddings"),
        ({}, {"path": "/responses/resp_1/cancel"}, b"/v1/responses/resp_1/cancel"),
        ({}, {"path": "/messages/count_tokens?beta=true"}, b"/v1/messages/count_tokens?beta=true"),
    ],
)
async def test_calls_go_where_they_belong(answered, line, fields, made, path):
    """Dialect, deployment, query and explicit path make the address."""
    await answered(http(200, b"{}", "application/json"), call(**made), site(**fields))
    assert line.received[0].startswith(b"POST " + path + b" HTTP/1.1")


@pytest.mark.parametrize("path", ["/../admin", "/a b", "/x\r\nhost: evil", "//evil.test", "/responses/.."])
async def test_g28_a_path_cannot_leave_its_place(transport, path):
    """G28: an id from a request is never followed out of the provider's base."""
    with pytest.raises(failures.NotFound):
        await Remote("p", site(), transport).send(call(path=path))


async def test_models_are_listed(line, transport):
    """Names are taken from the list; Google's prefix is not part of them."""

    async def handler(reader, writer):
        await line.request(reader)
        writer.write(http(200, b'{"data":[{"id":"models/g"},{"id":"h"}]}', "application/json"))

    line.handlers = [handler]
    assert await Remote("p", site(), transport).models() == ("g", "h")


async def test_a_list_that_is_none_is_invalid(line, transport):
    """Nonsense instead of models is an UpstreamFailure."""

    async def handler(reader, writer):
        await line.request(reader)
        writer.write(http(200, b'{"models":1}', "application/json"))

    line.handlers = [handler]
    with pytest.raises(failures.InvalidAnswer):
        await Remote("p", site(), transport).models()


def test_the_own_dialect_is_preferred(transport):
    """A native dialect is not translated; others go to the first native one, or nowhere."""
    remote = Remote("p", site(), transport)
    assert remote.dialect_for(Dialect.OPENAI_CHAT) is Dialect.OPENAI_CHAT
    assert remote.dialect_for(Dialect.ANTHROPIC_MESSAGES) is Dialect.OPENAI_CHAT
    assert remote.dialect_for(Dialect.OPENAI_EMBEDDINGS) is None


async def test_warming_says_whether_somebody_is_there(line, transport, unreachable):
    """A provider can be warmed, and closing it closes nothing of the process's."""
    line.handlers = [OSError(111, "refused")]
    remote = Remote("p", site(), transport)
    assert not await remote.warm()
    await remote.aclose()
