"""Addresses and ports; the rest of the server is tested over real sockets in tests/acceptance."""

from penstock.app.server import address, with_port
from penstock.config.load import load
from penstock.config.tree import Server


def test_the_address_is_a_url() -> None:
    """IPv6 hosts stand in brackets."""
    assert address(Server(host="127.0.0.1", port=4141)) == "http://127.0.0.1:4141"
    assert address(Server(host="::1", port=1)) == "http://[::1]:1"


def test_a_port_that_was_chosen_stays() -> None:
    """Only port 0 is replaced."""
    loaded = load(None, env={}, kinds={}, flags={"server.port": 4141})
    assert with_port(loaded) is loaded
