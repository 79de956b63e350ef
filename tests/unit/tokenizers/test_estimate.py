import pytest

from penstock.tokenizers.estimate import _counted, _tokens, estimate, factor_of
from penstock.tokenizers.openai import OpenAITokens

PROSE = """The gateway stands between developer tools and the models that they call. Real clients send their
traffic, it reaches real providers, it survives their failures, and every token is accounted for. """
CODE = """def settle(hold: Hold, usage: Usage) -> int:
    for bucket, count in usage.items():
        total += rates[bucket] * count  # exact
    return total if total > 0 else 0
"""
CHINESE = "今天天气很好,我们去公园散步吧。这个函数返回一个列表,其中包含所有的结果。"
RUSSIAN = "Привет, как дела? Эта функция возвращает список всех результатов, которые были найдены."
JSON = '{"id": "msg_01", "usage": {"input_tokens": 1209, "output_tokens": 88}, "content": [{"type": "text"}]}'


@pytest.mark.parametrize("text", [PROSE, CODE, CHINESE, RUSSIAN, JSON])
def test_estimates_are_near_the_exact_count(text: str) -> None:
    """Within a third of what the o200k encoding counts, for prose, code, JSON and other scripts."""
    exact, _ = OpenAITokens(estimate)("gpt-4o", text)
    assert estimate("gpt-unheard-of", text)[0] == pytest.approx(exact, rel=0.33)


def test_an_estimate_says_that_it_is_one() -> None:
    """Never exact, whatever the text."""
    assert estimate("claude-sonnet-4-5", "hello") == (2, False)
    assert estimate("claude-sonnet-4-5", "") == (0, False)
    assert estimate("claude-sonnet-4-5", " ") == (1, False)


def test_families_differ() -> None:
    """Claude's tokenizer makes more tokens of the same text than Llama's."""
    assert estimate("claude-sonnet-4-5", PROSE)[0] > estimate("llama-3.1-8b", PROSE)[0]
    assert factor_of("anthropic/claude-3-opus") == factor_of("claude-3-haiku")
    assert factor_of("nobody-knows-me") == 1.1


def test_p15_a_very_long_text_is_sampled():
    """P15: samples of a long text give what counting all of it would, within 5 %."""
    text = "".join(f"def function_{n}(argument): return {n} * 'text' + \"more\"\n" for n in range(20_000))
    assert _tokens(text) == pytest.approx(_counted(text), rel=0.05)
