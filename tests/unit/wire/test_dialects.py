import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain.chat import Dialect
from penstock.failures import InvalidRequest, UpstreamFailure
from penstock.wire import dialects, sse
from penstock.wire.codec import Quirks

CHATS = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES)
WORDS = st.sampled_from(
    """model messages input role content type text tools function name arguments output stream user
    assistant system tool tool_use tool_result tool_calls tool_call_id id call_id input_text image_url url
    image source base64 data file custom parameters reasoning thinking signature summary effort stop
    function_call response_format json_schema schema metadata service_tier tool_choice choices delta index
    usage error message finish_reason prompt_tokens message_start content_block_start content_block
    content_block_delta partial_json message_delta stop_reason message_stop response.created
    response.completed response response.output_item.added item output_index response.output_item.done
    response.function_call_arguments.delta""".split()
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**65)
    | st.floats(allow_nan=False)
    | WORDS
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)
OBJECTS = st.dictionaries(WORDS, VALUES, max_size=8)


@pytest.mark.parametrize("dialect", Dialect)
def test_every_dialect_has_its_codec(dialect):
    """G18: there is a codec for each dialect, and it knows its name."""
    assert dialects.of(dialect).dialect is dialect


@settings(max_examples=150)
@given(OBJECTS, st.sampled_from(Dialect), st.sampled_from(CHATS))
def test_bad_input_is_never_more_than_an_invalid_request(members, dialect, other):
    """G14, G29: whatever a client sends, the fault is named as its own, in reading and in translating."""
    ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "input": "hi", **members}
    codec = dialects.of(dialect)
    try:
        request = codec.read_request(json.dumps(ask).encode())
        codec.address(request, "n", Quirks(developer_role=False))
        conversation = codec.decode(request.body)
        encoded = dialects.of(other).encode(conversation, "n", Quirks())
        dialects.of(other).writer(request)
    except InvalidRequest:
        return
    assert json.loads(encoded.body)["model"] == "n"


@settings(max_examples=150)
@given(st.lists(OBJECTS, max_size=4), st.sampled_from(CHATS), st.sampled_from(CHATS))
def test_nonsense_from_a_provider_is_never_more_than_its_failure(events, dialect, other):
    """S10, P04: frames and bodies of any shape are read, or fail as the provider's."""
    reader = dialects.of(dialect).reader()
    request = dialects.of(Dialect.OPENAI_CHAT).read_request(
        b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'
    )
    writer = dialects.of(other).writer(request)
    try:
        for event in events:
            data = json.dumps(event).encode()
            for found in reader.read(sse.data_frame(data)):
                writer.write(found)
            dialects.of(other).write_reply(dialects.of(dialect).read_reply(data), request)
    except UpstreamFailure:
        return


@given(st.binary(max_size=50), st.sampled_from(Dialect))
def test_random_bytes_are_an_invalid_request(body, dialect):
    """G29: no byte sequence crashes a reader of requests."""
    with pytest.raises(InvalidRequest):
        dialects.of(dialect).read_request(body)


@given(OBJECTS, st.integers(300, 599), st.sampled_from(Dialect))
def test_every_error_reply_is_some_failure(body, status, dialect):
    """G10: whatever a provider sends with an error status is classified."""
    failure = dialects.of(dialect).classify(status, {}, json.dumps(body).encode())
    assert isinstance(failure, UpstreamFailure)
