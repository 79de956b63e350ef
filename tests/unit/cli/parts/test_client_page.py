"""docs/clients.md."""

from pathlib import Path

from penstock.cli.parts.client_page import page
from penstock.cli.parts.clients import CLIENTS

PAGE = Path(__file__).parents[4] / "docs" / "clients.md"


def test_the_page_is_in_step_with_the_data():
    """A changed client changes the page: python -m penstock.cli.parts.client_page > docs/clients.md."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_client_is_on_the_page():
    """What can be connected is documented."""
    for name in CLIENTS:
        assert f"`penstock connect {name}`" in page()
