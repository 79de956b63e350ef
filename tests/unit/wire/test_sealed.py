import pytest

from penstock.domain.chat import Reasoning
from penstock.wire import sealed

PARTS = [
    Reasoning(text="t", signature="sig"),
    Reasoning(text="t", encrypted="enc/r", id="rs_1"),
    Reasoning(encrypted="redacted"),
    Reasoning(text="t"),
]


@pytest.mark.parametrize("part", PARTS)
def test_reasoning_survives_a_client_of_the_other_vendor(part):
    """G18: what only its provider can read comes back as it went."""
    assert sealed.decrypted(part.text, part.id, sealed.encrypted(part)) == part


@pytest.mark.parametrize("part", [PARTS[0], PARTS[1], PARTS[3]])
def test_encrypted_reasoning_survives_a_signature(part):
    """G18: an Anthropic client hands OpenAI's reasoning back in the signature."""
    assert sealed.opened(part.text, sealed.signature(part)) == part


def test_encrypted_content_without_an_id_keeps_that():
    """G18: what has no id gets none."""
    assert sealed.opened("", sealed.signature(PARTS[2])) == PARTS[2]
