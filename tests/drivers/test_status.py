"""A printer's answers are told apart by their bits, whatever comes between them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.escpos.status import (
    AutomaticStatus,
    BlockReply,
    Noise,
    OrderedReply,
    PrinterStatus,
    RealTimeReply,
    StatusDecoder,
    fold,
)


def status_of(data, *asked):
    decoder = StatusDecoder()
    decoder.asked(*asked)
    status = PrinterStatus()
    for reply in decoder.feed(data):
        status = fold(status, reply)
    return status


def test_an_idle_printer_with_an_open_drawer_pin():
    status = status_of(bytes.fromhex("16121212"), 1, 2, 3, 4)

    assert status.ready
    assert status.drawer_pin_high
    assert not status.paper_end


def test_a_printer_out_of_paper():
    status = status_of(bytes.fromhex("1e32127e"), 1, 2, 3, 4)

    assert (status.online, status.paper_end, status.trouble) == (False, True, "paper_end")


def test_little_paper_is_a_warning_only():
    status = status_of(bytes.fromhex("1212121e"), 1, 2, 3, 4)

    assert status.paper_near_end
    assert status.ready


@pytest.mark.parametrize(
    ("third", "trouble"),
    [(0x1A, "cutter_error"), (0x32, "printer_error"), (0x16, "printer_error")],
)
def test_errors(third, trouble):
    assert status_of(bytes((0x12, 0x12, third, 0x12)), 1, 2, 3, 4).trouble == trouble


def test_no_answer_is_no_good_news():
    status = PrinterStatus()

    assert (status.known, status.ready, status.trouble) == (False, False, "no_answer")


def test_automatic_status_between_answers_is_not_taken_for_them():
    decoder = StatusDecoder()
    decoder.asked(1, 4)

    replies = decoder.feed(bytes.fromhex("16 14000000 12 00"))

    assert replies == [
        RealTimeReply(1, 0x16),
        AutomaticStatus(bytes.fromhex("14000000")),
        RealTimeReply(4, 0x12),
        OrderedReply(0),
    ]


def test_automatic_status_tells_the_cover():
    status = status_of(bytes.fromhex("3c000000"))

    assert (status.cover_open, status.online) == (True, False)


def test_an_echoed_job_number_with_flow_control_around_it():
    assert StatusDecoder().feed(bytes.fromhex("1137222122232400 13")) == [
        BlockReply(0x22, b'!"#$')
    ]


def test_a_broken_block_does_not_swallow_what_follows():
    decoder = StatusDecoder()
    decoder.asked(1)

    assert decoder.feed(b"\x37\x22\x21\x12")[-1] == RealTimeReply(1, 0x12)


def test_an_answer_nobody_asked_for_says_nothing():
    assert status_of(b"\x12") == PrinterStatus()


@given(st.lists(st.binary(max_size=20), max_size=10), st.lists(st.integers(1, 4), max_size=6))
@example([b"\x14\x00", b"\x00\x00"], [1])  # automatic status in two reads
@example([b"\x37\x22!!", b"!!\x12\x00"], [1, 2])  # a block broken by an answer
@example([b"\x37" * 90 + b"\x00"], [])  # a block without end
@example([b"\x11\x37\x13\x22\x11AAAA\x00"], [])  # flow control inside a block
@example([b"\xc5\xff\x99\x8b\xe1"], [1, 2, 3, 4])  # a line at the wrong speed
def test_any_bytes_in_any_chunks_give_the_same_replies(chunks, asked):
    whole, parts = StatusDecoder(), StatusDecoder()
    whole.asked(*asked)
    parts.asked(*asked)

    replies = [reply for chunk in chunks for reply in parts.feed(chunk)]

    assert replies == whole.feed(b"".join(chunks))
    status = PrinterStatus()
    for reply in replies:
        status = fold(status, reply)


@given(st.binary(max_size=80))
def test_every_byte_is_accounted_for(data):
    decoder = StatusDecoder()
    count = 0
    for reply in decoder.feed(data + b"\xff" * 100):
        if isinstance(reply, AutomaticStatus):
            count += 4
        elif isinstance(reply, BlockReply):
            count += 3 + len(reply.payload)
        elif isinstance(reply, (RealTimeReply, OrderedReply, Noise)):
            count += 1

    assert count + data.count(b"\x11") + data.count(b"\x13") >= len(data) + 99
