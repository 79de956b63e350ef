"""A transport that must not be needed: opening a provider sends nothing."""

import pytest

from penstock.transport.client import Transport


@pytest.fixture
async def transport():
    async with Transport() as made:
        yield made
