import pytest

from penstock.wire import effort


@pytest.mark.parametrize("name", ["minimal", "low", "medium", "high", "xhigh"])
def test_an_effort_survives_being_a_budget(name):
    """G18: the same word comes back."""
    assert effort.named(effort.tokens(name)) == name


def test_the_largest_budget_is_the_largest_effort_of_openai():
    """G18: beyond all budgets there is no further word."""
    assert effort.named(1_000_000) == "xhigh"


def test_a_new_word_is_medium():
    """G18: an effort that is new to us is taken for the usual one."""
    assert effort.tokens("gigantic") == effort.tokens("medium")
