import pytest

from penstock.tokenizers.openai import OpenAITokens, encoding_of


def refuse(model: str, text: str) -> tuple[int, bool]:
    raise AssertionError(f"{model} was handed on with {text!r}")


COUNT = OpenAITokens(refuse)


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-4.1", "o200k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("o3-mini", "o200k_base"),
        ("GPT-5.4", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme::id", "o200k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("claude-sonnet-4-5", None),
    ],
)
def test_model_names_tell_the_encoding(model: str, encoding: str | None) -> None:
    """Dated, routed and fine-tuned names lead to the encoding of their model."""
    assert encoding_of(model) == encoding


@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        # Known from OpenAI's own documentation of tiktoken.
        ("gpt-4o", "tiktoken is great!", 6),
        ("gpt-4", "tiktoken is great!", 6),
        ("gpt-4", "antidisestablishmentarianism", 6),
        ("gpt-4", "2 + 2 = 4", 7),
        ("gpt-4", "お誕生日おめでとう", 9),
        ("gpt-4o", "お誕生日おめでとう", 8),
        ("gpt-4o", "", 0),
    ],
)
def test_counts_are_exact(model: str, text: str, tokens: int) -> None:
    """The published examples of tiktoken come out, and are said to be exact."""
    assert COUNT(model, text) == (tokens, True)


def test_special_tokens_are_plain_text() -> None:
    """What looks like a control token was written by somebody and is counted as text."""
    assert COUNT("gpt-4o", "<|endoftext|>")[0] > 1


def test_half_a_surrogate_pair_is_counted() -> None:
    """Text that cannot be encoded does not fail the request."""
    assert COUNT("gpt-4o", "a\ud800b")[1]


def test_a_million_blanks_are_counted() -> None:
    """A run of blanks on which the matcher would overflow is counted in parts, and said to be inexact."""
    tokens, exact = COUNT("gpt-4o", " " * 1_000_000)
    assert 7_000 < tokens < 9_000
    assert not exact


def test_other_models_are_handed_on() -> None:
    """A model that is not OpenAI's is counted by the next counter."""
    count = OpenAITokens(lambda model, text: (len(model) + len(text), False))
    assert count("claude", "abc") == (9, False)
