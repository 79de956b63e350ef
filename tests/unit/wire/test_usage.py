import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.domain.usage import Usage
from penstock.wire import usage


def test_the_last_that_is_not_null_wins_field_by_field():
    """G2: usage is merged, never summed, and an explicit zero is a zero."""
    known = usage.merge({}, {"a": 1, "b": 2, "d": {"x": 1, "y": 2}})
    usage.merge(known, {"a": None, "b": 0, "d": {"y": 3}, "e": {"z": 1}})
    assert known == {"a": 1, "b": 0, "d": {"x": 1, "y": 3}, "e": {"z": 1}}


def test_an_object_replaces_a_number():
    """G2: a field that turns into an object is read as one."""
    assert usage.merge({"a": 1}, {"a": {"b": 1}}) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 50,
                "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 30, "audio_tokens": 10, "image_tokens": 5},
                "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 7, "image_tokens": 3},
            },
            Usage(
                input_uncached=55, cache_read=30, input_audio=10, input_image=5,
                output_text=20, output_reasoning=20, output_audio=7, output_image=3,
            ),
        ),
        (
            {
                "input_tokens": 100,
                "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 20},
                "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 2},
                "total_tokens": 105,
            },
            Usage(input_uncached=50, cache_read=30, cache_write_5m=20, output_text=3, output_reasoning=2),
        ),
        (  # DeepSeek
            {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 4},
            Usage(input_uncached=5, cache_read=4, output_text=1),
        ),
        (  # Mistral
            {"prompt_tokens": 9, "completion_tokens": 1, "num_cached_tokens": 4},
            Usage(input_uncached=5, cache_read=4, output_text=1),
        ),
        (  # Together
            {"prompt_tokens": 9, "completion_tokens": 1, "cached_tokens": 4, "prompt_tokens_details": None},
            Usage(input_uncached=5, cache_read=4, output_text=1),
        ),
        (  # xAI: reasoning beside the answer, and billed sources
            {
                "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 22, "num_sources_used": 3,
                "completion_tokens_details": {"reasoning_tokens": 7},
            },
            Usage(input_uncached=10, output_text=5, output_reasoning=7, searches=3),
        ),
        (  # OpenRouter
            {"prompt_tokens": 1, "completion_tokens": 1, "server_tool_use": {"web_search_requests": 2}},
            Usage(input_uncached=1, output_text=1, searches=2),
        ),
        ({"prompt_tokens": 8.0, "total_tokens": 8}, Usage(input_uncached=8)),  # embeddings
        (  # more cached than there was
            {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 9}},
            Usage(cache_read=9, output_text=1, inconsistent=True),
        ),
        (
            {"input_tokens": 5, "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 3}},
            Usage(input_uncached=5, output_reasoning=3, inconsistent=True),
        ),
        (
            {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 60},
            Usage(input_uncached=5, output_text=1, inconsistent=True),
        ),
    ],
)  # fmt: skip
def test_openai_forms_fall_into_disjoint_buckets(counts, expected):
    """G19: what OpenAI and those who follow it count inside their totals is taken apart."""
    assert usage.openai(counts) == expected


def test_gemini_counts_thoughts_in_the_total_only():
    """G19: what Gemini's total has beside prompt and answer are its thoughts, as documented."""
    counts = {"prompt_tokens": 66, "completion_tokens": 6, "total_tokens": 100}
    expected = Usage(input_uncached=66, output_text=6, output_reasoning=28)
    assert usage.openai(counts, model="models/gemini-2.5-pro") == expected


def test_tier_batch_and_searches_are_taken_over():
    """G19: what is no token has its place too."""
    counted = usage.openai({"prompt_tokens": 1}, tier="batch", searches=2)
    assert (counted.service_tier, counted.batch, counted.searches) == ("batch", True, 2)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (
            {
                "input_tokens": 10, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 12, "ephemeral_1h_input_tokens": 18},
                "output_tokens": 40, "output_tokens_details": {"thinking_tokens": 15},
                "server_tool_use": {"web_search_requests": 2}, "service_tier": "batch",
            },
            Usage(
                input_uncached=10, cache_read=20, cache_write_5m=12, cache_write_1h=18, output_text=25,
                output_reasoning=15, searches=2, service_tier="batch", batch=True,
            ),
        ),
        (
            {"input_tokens": 1, "cache_creation_input_tokens": 5, "output_tokens": 1},
            Usage(input_uncached=1, cache_write_5m=5, output_text=1),
        ),
        (
            {"input_tokens": 1, "cache_creation": {"ephemeral_1h_input_tokens": 5}},
            Usage(input_uncached=1, cache_write_1h=5),
        ),
        (
            {"cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 5}},
            Usage(cache_write_5m=4, cache_write_1h=5, inconsistent=True),
        ),
        (
            {"output_tokens": 1, "output_tokens_details": {"thinking_tokens": 2}},
            Usage(output_reasoning=2, inconsistent=True),
        ),
    ],
)  # fmt: skip
def test_anthropic_counts_cache_beside_its_input(counts, expected):
    """G19: cache reads and writes, by their lifetime, are no part of `input_tokens`."""
    assert usage.anthropic(counts) == expected


COUNTS = st.integers(0, 1000)


@given(st.builds(
    Usage, input_uncached=COUNTS, cache_read=COUNTS, cache_write_5m=COUNTS, input_audio=COUNTS,
    input_image=COUNTS, output_text=COUNTS, output_reasoning=COUNTS, output_audio=COUNTS, output_image=COUNTS,
))  # fmt: skip
def test_what_openai_forms_say_is_read_back(counted):
    """G18: buckets survive being written as OpenAI writes them."""
    assert usage.openai(usage.to_chat(counted)) == counted
    assert usage.openai(usage.to_responses(counted)) == counted


@given(st.builds(
    Usage, input_uncached=COUNTS, cache_read=COUNTS, cache_write_5m=COUNTS, cache_write_1h=COUNTS,
    output_text=COUNTS, output_reasoning=COUNTS, searches=COUNTS,
))  # fmt: skip
def test_what_anthropics_form_says_is_read_back(counted):
    """G18: buckets survive being written as Anthropic writes them."""
    assert usage.anthropic(usage.to_anthropic(counted)) == counted


def test_fast_mode_is_a_tier():
    """G19: Anthropic's fast mode is priced apart, so it is told apart."""
    counted = usage.anthropic(
        {"input_tokens": 1, "output_tokens": 2, "speed": "fast", "service_tier": "standard"}
    )
    assert counted.service_tier == "fast"
    assert usage.anthropic({"input_tokens": 1, "speed": "standard"}).service_tier is None
