import pytest

from penstock.wire.anthropic_messages import shapes


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "pause"),
        ("refusal", "refusal"),
        ("something_new", "stop"),
        (None, "stop"),
    ],
)
def test_each_stop_reason_is_named(said, reason):
    """G18: Anthropic's words for why an answer ended."""
    assert shapes.finish_reason(said) == reason
