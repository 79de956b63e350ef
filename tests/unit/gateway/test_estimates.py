"""What a call is expected to consume."""

from penstock.domain.chat import ChatRequest, Dialect
from penstock.gateway.estimates import Estimates


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
