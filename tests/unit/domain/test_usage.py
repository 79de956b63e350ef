"""Buckets of usage."""

import msgspec

from penstock.domain.usage import Usage


def test_buckets_add_up() -> None:
    """G19: no token is in two buckets, so the sums are the totals."""
    usage = Usage(
        input_uncached=1,
        cache_read=2,
        cache_write_5m=4,
        cache_write_1h=8,
        input_audio=16,
        input_image=32,
        output_text=1,
        output_reasoning=2,
        output_audio=4,
        output_image=8,
        searches=100,
    )
    assert usage.input_tokens == 63
    assert usage.output_tokens == 15


def test_only_what_was_used_is_written() -> None:
    """Empty buckets take no room in the ledger."""
    assert msgspec.json.encode(Usage(cache_read=3)) == b'{"cache_read":3}'
