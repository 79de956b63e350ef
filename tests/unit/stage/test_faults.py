"""The wall as data."""

import msgspec
import pytest

from penstock.domain.chat import Dialect
from penstock.stage.faults import BAD_KEY, BY_ID, FAULTS, no_prefill
from penstock.stage.play import Turn

TURN = Turn(dialect=Dialect.OPENAI_CHAT, model="m", stream=True)


def primary(row: str, **fields):
    return BY_ID[row].primary(msgspec.structs.replace(TURN, **fields))


def test_every_row_is_there():
    """S01 to S16 and P01 to P16, in order."""
    assert list(BY_ID) == [f"{kind}{n:02}" for kind in "SP" for n in range(1, 17)]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.primary], ids=lambda fault: fault.id)
@pytest.mark.parametrize("dialect", list(Dialect)[:3])
@pytest.mark.parametrize("stream", [True, False])
def test_every_row_can_be_played(fault, dialect, stream):
    """Every row has a play in each of its forms, the first time and later."""
    if stream or fault.whole:
        for number in (1, 2):
            play = fault.primary(Turn(dialect=dialect, stream=stream, number=number))
            assert play.pieces or not play.status


@pytest.mark.parametrize("row", ["S01", "S03", "S05", "P04"])
def test_faults_that_pass_are_gone_the_second_time(row):
    """The second attempt is answered."""
    stream = BY_ID[row].stream
    assert primary(row, number=2, stream=stream).status == 200
    assert b"word60" in primary(row, number=2, stream=stream).body


@pytest.mark.parametrize(("row", "over"), [("S15", 60.0), ("P10", 20.0)])
def test_outages_end(row, over):
    """Time decides, and it can be scaled."""
    assert primary(row, elapsed=over - 1).status >= 500
    assert primary(row, elapsed=over).status == 200
    assert primary(row, elapsed=over / 10, scale=0.1).status == 200


def test_s01_the_wait_is_told_in_the_finer_form_when_it_is_short():
    """S01: two seconds are `Retry-After: 2`, a tenth of that is milliseconds."""
    assert primary("S01").headers == (("retry-after", "2"),)
    assert primary("S01", scale=0.1).headers == (("retry-after-ms", "200"),)


def test_s08_the_stream_stops_after_forty():
    """S08: forty words, then the connection is cut."""
    play = primary("S08")
    assert b"word40 " in play.body
    assert b"word41 " not in play.body
    assert play.ending == "cut"


def test_s14_only_the_prefill_is_refused():
    """S14: the same target answers without one."""
    assert no_prefill(msgspec.structs.replace(TURN, prefill="word1 ")).status == 400
    assert no_prefill(TURN).status == 200


def test_p11_one_key_is_refused():
    """P11: the other key is fine."""
    assert primary("P11", key=f"Bearer {BAD_KEY}").status == 401
    assert primary("P11", key="Bearer other").status == 200


def test_p13_first_the_past_then_a_day():
    """P13: both waits are such as nobody should wait for."""
    assert primary("P13").headers[0][1].endswith("2015 07:28:00 GMT")
    assert primary("P13", number=2).headers == (("retry-after", "86400"),)
