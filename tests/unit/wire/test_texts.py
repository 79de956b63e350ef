from penstock.domain.chat import (
    Conversation,
    Media,
    Message,
    Reasoning,
    Refusal,
    ResponseFormat,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from penstock.wire.texts import texts


def test_all_that_a_model_reads_is_in_it():
    """G22: an estimate counts system, tools, calls, results and the schema, but no media."""
    image = Media(kind="image", data="QUJD")
    conversation = Conversation(
        messages=(
            Message(role="system", parts=(Text(text="system"),)),
            Message(role="user", parts=(Text(text="hello"), image)),
            Message(
                role="assistant",
                parts=(
                    Reasoning(text="thought"),
                    Refusal(text="no"),
                    ToolCall(id="1", name="f", arguments="{}"),
                ),
            ),
            Message(role="tool", parts=(ToolResult(call_id="1", parts=(Text(text="result"), image)),)),
        ),
        tools=(Tool(name="f", description="does", parameters={"type": "object"}), Tool(name="g")),
        response_format=ResponseFormat(schema={"type": "string"}),
    )
    assert texts(conversation).split("\n") == [
        "system", "hello", "thought", "no", "f", "{}", "result",
        "f", "does", '{"type":"object"}', "g", '{"type":"string"}',
    ]  # fmt: skip


def test_any_json_adds_no_text():
    """G22: asking for JSON without a schema costs nothing that can be counted."""
    assert texts(Conversation(messages=(), response_format=ResponseFormat())) == ""
