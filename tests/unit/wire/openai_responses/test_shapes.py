import pytest

from penstock.wire.openai_responses import shapes


@pytest.mark.parametrize(
    ("response", "calls", "refused", "reason"),
    [
        (shapes.Response(status="completed"), False, False, "stop"),
        (shapes.Response(status="completed"), True, False, "tool_calls"),
        (shapes.Response(status="completed"), False, True, "refusal"),
        (shapes.Response(status="incomplete"), False, False, "length"),
        (
            shapes.Response(incomplete_details=shapes.Incomplete(reason="max_output_tokens")),
            True,
            False,
            "length",
        ),
        (
            shapes.Response(incomplete_details=shapes.Incomplete(reason="content_filter")),
            False,
            False,
            "content_filter",
        ),
    ],
)
def test_the_reason_is_put_together(response, calls, refused, reason):
    """G18: Responses has no finish reason of its own."""
    assert shapes.finish_reason(response, calls=calls, refused=refused) == reason


def test_only_searches_are_counted():
    """G19: opening a page is not billed as a search."""
    output = [
        shapes.Item(type="web_search_call"),
        shapes.Item(type="web_search_call", action={"type": "search"}),
        shapes.Item(type="web_search_call", action={"type": "open_page"}),
        shapes.Item(type="message"),
    ]
    assert shapes.searches(output) == 2


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (shapes.Item(type="function_call", arguments="{}"), "{}"),
        (shapes.Item(type="function_call", arguments={"a": 1}), '{"a":1}'),
        (shapes.Item(type="function_call"), ""),
        (shapes.Item(type="custom_tool_call", input="x"), "x"),
        (shapes.Item(type="custom_tool_call"), ""),
    ],
)
def test_arguments_are_text(item, text):
    """G18: whatever the form of the call."""
    assert shapes.arguments_of(item) == text


def test_reasoning_shows_its_summary_before_its_text():
    """G18: OpenAI gives a summary, open models their own text."""
    text = [shapes.Content(text="a"), shapes.Content(text="b")]
    assert shapes.reasoning_text(shapes.Item(summary=text, content=[shapes.Content(text="c")])) == "a\n\nb"
    assert shapes.reasoning_text(shapes.Item(summary=[], content=text)) == "a\n\nb"
    assert shapes.reasoning_text(shapes.Item(content="words")) == ""
