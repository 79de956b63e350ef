"""A connection that has gone silent is cut; one that answers in time is not."""

import socket
import threading

import pytest

from penstock.storage.watchdog import Watchdog


@pytest.fixture
def pair():
    left, right = socket.socketpair()
    yield left, right
    left.close()
    right.close()


def test_silence_is_ended(pair):
    """Whoever waits for an answer sees the connection end."""
    dog = Watchdog(limit=0.05)
    pair[0].settimeout(5)
    with dog.over(pair[0].fileno()):
        assert pair[0].recv(1) == b""
    dog.close()


def test_an_answer_in_time_is_left_alone(pair):
    """Once the statement is over, the connection is nobody's business."""
    dog = Watchdog(limit=0.05)
    with dog.over(pair[0].fileno()):
        pass
    assert not threading.Event().wait(0.15)
    dog.close()
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


def test_a_connection_that_is_closed_already_is_no_mistake():
    """There is nothing left to cut."""
    left, right = socket.socketpair()
    handle = left.fileno()
    left.close()
    right.close()
    dog = Watchdog(limit=0.02)
    with dog.over(handle):
        assert not threading.Event().wait(0.1)
    dog.close()
