import pytest

from penstock.domain.chat import Dialect
from penstock.wire import dialects


@pytest.mark.parametrize("dialect", Dialect)
def test_every_dialect_has_its_codec(dialect):
    """G18: there is a codec for each dialect, and it knows its name."""
    assert dialects.of(dialect).dialect is dialect
