import pytest

from penstock.domain.chat import Media, Reasoning, Text, ToolCall
from penstock.domain.usage import Usage
from penstock.wire.openai_responses import envelope


def around(**asked):
    return envelope.around("resp_1", "m", 7, asked)


def test_settings_are_echoed_and_defaults_filled_in():
    """G18: OpenAI's schema requires them; null is as if unset."""
    found = around(temperature=0.5, top_p=None, text={"verbosity": "low"}, user="u", service_tier="flex")
    assert (found["temperature"], found["top_p"], found["user"]) == (0.5, 1.0, "u")
    assert found["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert (found["service_tier"], around()["service_tier"], "user" in around()) == ("flex", "default", False)


@pytest.mark.parametrize(
    ("reason", "refused", "status", "why"),
    [
        ("stop", False, "completed", None),
        ("tool_calls", False, "completed", None),
        ("refusal", True, "completed", None),
        ("refusal", False, "incomplete", "content_filter"),
        ("content_filter", False, "incomplete", "content_filter"),
        ("length", False, "incomplete", "max_output_tokens"),
    ],
)
def test_the_end_is_told_in_openais_words(reason, refused, status, why):
    """G18: complete, or short for one of two reasons."""
    found = envelope.ended(around(), reason, [], None, 9, refused=refused)
    assert (found["status"], (found["incomplete_details"] or {}).get("reason")) == (status, why)
    assert found["completed_at"] == (None if why else 9)
    assert "usage" not in found


def test_the_tier_is_the_one_that_was_served():
    """G19: tiers of other providers have no name here."""
    found = envelope.ended(
        around(service_tier="flex"), "stop", [], Usage(service_tier="standard"), 9, refused=False
    )
    assert found["service_tier"] == "default"
    assert (
        envelope.ended(around(service_tier="flex"), "stop", [], None, 9, refused=False)["service_tier"]
        == "flex"
    )


def test_ids_are_the_providers_or_made():
    """G18: a response's id has its prefix."""
    assert envelope.identity_of("resp_1") == "resp_1"
    assert envelope.identity_of("chatcmpl-1") == "resp_chatcmpl-1"
    assert envelope.identity_of("").startswith("resp_0")


def test_parts_become_items():
    """G18: own ids are kept, others are made from the response's; media have no item."""
    parts = (
        Reasoning(encrypted="e", id="rs_own"),
        Reasoning(),
        Text(text="a"),
        ToolCall(id="1", name="f", arguments="{}"),
        ToolCall(id="2", name="c", arguments="x", custom=True, item_id="ctc_own"),
        Media(kind="image", url="u"),
        Text(text="b"),
    )
    assert envelope.items(parts, "resp_1", frozenset()) == [
        {"id": "rs_own", "type": "reasoning", "summary": [], "encrypted_content": "e"},
        {"id": "rs_1_1", "type": "reasoning", "summary": []},
        envelope.message("msg_1_2", [envelope.content(Text(text="a"))]),
        {
            "id": "fc_1_3",
            "type": "function_call",
            "call_id": "1",
            "name": "f",
            "status": "completed",
            "arguments": "{}",
        },
        {
            "id": "ctc_own",
            "type": "custom_tool_call",
            "call_id": "2",
            "name": "c",
            "status": "completed",
            "input": "x",
        },
        envelope.message("msg_1_5", [envelope.content(Text(text="b"))]),
    ]
