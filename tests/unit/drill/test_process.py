"""A gateway of one's own."""

import asyncio

import pytest

from penstock.drill.process import READY, Gateway, NotStarted


class Printing:
    """A process that has said something."""

    returncode = 0

    def __init__(self, *lines: bytes) -> None:
        self.stdout = asyncio.StreamReader()
        for line in lines:
            self.stdout.feed_data(line)
        self.stdout.feed_eof()

    async def wait(self) -> int:
        return 0


@pytest.mark.parametrize(
    "line", ["ready http://127.0.0.1:4141", "Penstock is ready on http://127.0.0.1:4141/ now"]
)
def test_the_address_is_taken_from_the_line_that_says_ready(line):
    """However it is worded around."""
    assert READY.search(line)[1] == "http://127.0.0.1:4141"


async def test_the_address_is_known_once_it_is_ready(tmp_path):
    """Lines before it are kept for the case that it never comes."""
    gateway = Gateway(Printing(b"hello\n", b"ready http://127.0.0.1:1\n", b"later\n"), tmp_path)
    await gateway.until_ready()
    assert gateway.address == "http://127.0.0.1:1"
    await gateway.listen()
    assert gateway.log[-1] == "later"


async def test_one_that_never_starts_says_why(tmp_path):
    """What it printed is the message."""
    with pytest.raises(NotStarted, match="port taken"):
        await Gateway(Printing(b"port taken\n"), tmp_path).until_ready()


async def test_stopping_one_that_ended_is_harmless(tmp_path):
    """Its exit code is handed back."""
    assert await Gateway(Printing(), tmp_path).stop() == 0


def test_the_admin_key_is_read_from_the_data_folder(tmp_path):
    """As it was made at the first start."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "admin.key").write_text("psk_admin\n")
    assert Gateway(Printing, tmp_path).admin_key == "psk_admin"
