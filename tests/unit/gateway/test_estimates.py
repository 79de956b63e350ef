"""What a call is expected to consume."""

from penstock.domain.chat import ChatRequest, Dialect
from penstock.gateway.estimates import LONGEST_GUESS, Estimates


def request(size: int = 400, most: int | None = None) -> ChatRequest:
    return ChatRequest(dialect=Dialect.OPENAI_CHAT, body=b"x" * size, model="m", max_output_tokens=most)


def test_input_goes_by_size() -> None:
    """G22: about four bytes make a token."""
    assert Estimates().expect(request(400), "m", None).input_uncached == 100


def test_output_is_bounded_by_the_request_and_the_model() -> None:
    """G22: no more than `max_tokens` or the model's own cap."""
    assert Estimates().expect(request(most=10), "m", None).output_text == 10
    assert Estimates().expect(request(most=100), "m", 20).output_text == 20


def test_output_is_learned_per_model() -> None:
    """G22: a model that writes little is held little for."""
    estimates = Estimates()
    estimates.learn("m", 100)
    assert estimates.expect(request(), "m", None).output_text == 150
    estimates.learn("m", 200)
    assert estimates.expect(request(), "m", None).output_text == 165
    assert estimates.expect(request(), "other", None).output_text == 750


def test_embeddings_write_nothing() -> None:
    """Embeddings have no output tokens."""
    asked = ChatRequest(dialect=Dialect.OPENAI_EMBEDDINGS, body=b"x" * 40, model="m")
    assert Estimates().expect(asked, "m", None).output_text == 0


def test_the_worst_case_is_bounded_by_the_request_and_the_model() -> None:
    """G22, strict: half a token per byte, and the lowest maximum."""
    assert Estimates().worst(request(400, most=100), "m", 20).output_text == 20
    assert Estimates().worst(request(400), "m", 20).input_uncached == 200


def test_the_worst_case_without_a_maximum_is_learned() -> None:
    """At least a long answer, and twice the longest seen; text is never denser than a token per byte."""
    estimates = Estimates()
    assert estimates.worst(request(), "m", None).output_text == LONGEST_GUESS
    estimates.learn("m", LONGEST_GUESS, 0.75)
    assert estimates.worst(request(), "m", None).output_text == 2 * LONGEST_GUESS
    assert estimates.worst(request(400), "m", None).input_uncached == 300
    estimates.learn("m", 1, 80.0)
    assert estimates.worst(request(400), "m", None).input_uncached == 400


def test_what_is_to_be_cached_is_dearer_at_worst() -> None:
    """Writing to a provider's cache costs more than reading input."""
    asked = ChatRequest(dialect=Dialect.ANTHROPIC_MESSAGES, body=b'{"cache_control":1}', model="m")
    assert Estimates().worst(asked, "m", None).cache_write_1h == 10


def test_embeddings_write_nothing_at_worst() -> None:
    """Nor is a maximum needed."""
    asked = ChatRequest(dialect=Dialect.OPENAI_EMBEDDINGS, body=b"x" * 40, model="m")
    assert Estimates().worst(asked, "m", None).output_text == 0
