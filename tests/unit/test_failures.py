"""The tree of failures."""

import pytest

from penstock import failures


def tree(root: type[failures.Failure]) -> list[type[failures.Failure]]:
    """Those of this file; a room may have forms of its own below them."""
    below = (leaf for branch in root.__subclasses__() for leaf in tree(branch))
    return [root, *(leaf for leaf in below if leaf.__module__ == failures.__name__)]


@pytest.mark.parametrize("kind", tree(failures.Failure))
def test_each_failure_has_a_status_and_a_code(kind: type[failures.Failure]) -> None:
    """A client can tell failures apart without reading their wording."""
    assert 400 <= kind.status <= 599
    assert kind.code
    assert isinstance(kind.retryable, bool)


def test_the_drawing_names_every_failure() -> None:
    """The tree at the top of the file is the tree in the file."""
    drawn = failures.__doc__ or ""
    assert [kind.__name__ for kind in tree(failures.Failure) if kind.__name__ not in drawn] == []


def test_the_callers_failures_are_never_retried() -> None:
    """What the caller did wrong stays wrong."""
    assert not any(kind.retryable for kind in tree(failures.RequestFailure))


def test_a_failure_carries_what_its_caller_may_know() -> None:
    """Message, field, wait, and what the provider said."""
    upstream = failures.Upstream(status=429, body=b"{}")
    failure = failures.RateLimited("slow down", param="model", retry_after=2.0, upstream=upstream)
    assert str(failure) == failure.message == "slow down"
    assert (failure.param, failure.retry_after, failure.upstream) == ("model", 2.0, upstream)
