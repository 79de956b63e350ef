import pytest

from penstock.wire.openai_chat import shapes


@pytest.mark.parametrize(
    ("said", "calls", "refused", "reason"),
    [
        ("stop", False, False, "stop"),
        ("eos", False, False, "stop"),
        ("stop", True, False, "tool_calls"),
        ("stop", False, True, "refusal"),
        ("function_call", True, False, "tool_calls"),
        ("model_length", False, False, "length"),
        ("length", True, True, "length"),
        ("content_filter", False, False, "content_filter"),
    ],
)
def test_the_reason_is_named_once_for_all_servers(said, calls, refused, reason):
    """G18: servers that say `stop` for tool calls, or words of their own, are understood."""
    assert shapes.finish_reason(said, calls=calls, refused=refused) == reason


def test_content_in_pieces_is_taken_apart():
    """G18: text, Mistral's thinking, and a refusal."""
    content = [
        shapes.Piece(type="thinking", thinking=[shapes.Piece(type="text", text="hm")]),
        shapes.Piece(type="text", text="hello"),
        shapes.Piece(type="refusal", refusal="no"),
    ]
    assert shapes.pieces(content) == ("hello", "hm", "no")
    assert shapes.pieces(None) == ("", "", "")


def test_a_call_may_be_of_a_function_a_custom_tool_or_neither():
    """G18: names and arguments are text, whatever the form."""
    function = shapes.Call(function=shapes.Function(name="f", arguments={"a": 1}))
    custom = shapes.Call(custom=shapes.Custom(name="c", input="text"))
    assert (shapes.name_of(function), shapes.arguments_of(function)) == ("f", '{"a":1}')
    assert (shapes.name_of(custom), shapes.arguments_of(custom)) == ("c", "text")
    assert (shapes.name_of(shapes.Call()), shapes.arguments_of(shapes.Call())) == ("", "")
