"""How much a model may think: OpenAI names an effort, Anthropic gave a number of tokens."""

from typing import Final

_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 65536}


def tokens(effort: str) -> int:
    """Return the thinking budget that an effort stands for; a name that is new to us is medium."""
    return _BUDGETS.get(effort, _BUDGETS["medium"])


def named(budget: int) -> str:
    """Return the least effort whose budget is as large."""
    return next((name for name, most in _BUDGETS.items() if budget <= most and name != "max"), "xhigh")
