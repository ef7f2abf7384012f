"""The framer cuts a scanner's bytes into codes, however the line chunks them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.events import RejectReason
from drivers.scanner.framing import GAP_NS, Frame, Framer, Framing, Rejected, RereadFilter
from drivers.scanner.simulated import SUFFIXES

LINES = [one for one in Framing if one is not Framing.SSI]
TERMINATED = [one for one in LINES if one is not Framing.NONE]
code_bytes = st.lists(
    st.integers(0x20, 0x7E) | st.sampled_from([0x1D, 0x1E, 0x04]), min_size=1, max_size=40
).map(bytes)
symbology = st.sampled_from(["", "]E0", "]C1", "]d2", "]Q3"])


def chunks(data, cuts):
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def run(framer, pieces, step_ns=1_000_000):
    found, now = [], 0
    for piece in pieces:
        now += step_ns
        found += framer.feed(piece, now)
    return found + framer.expire(now + GAP_NS)


def bodies(found):
    return [
        (one.data, one.symbology_id) if isinstance(one, Frame) else one.reason for one in found
    ]


@given(
    st.sampled_from(TERMINATED),
    st.lists(st.tuples(symbology, code_bytes), max_size=6),
    st.lists(st.integers(0, 400), max_size=12),
)
@example(Framing.CR, [("]E0", b"6901234567892")], [8])  # a real read: eight bytes, then six
@example(Framing.CRLF, [("", b"69"), ("", b"69")], [3])  # CR and LF in different reads
@example(Framing.STX_ETX, [("", b"A"), ("", b"B")], [1, 2, 3, 4, 5])
@example(Framing.CR, [("]d2", b"0106901234567892\x1d10B1")], [3, 20])  # GS is kept
def test_any_chunking_gives_the_codes_that_were_scanned(framing, codes, cuts):
    prefix, suffix = SUFFIXES[framing]
    data = b"".join(prefix + aim.encode() + code + suffix for aim, code in codes)

    found = bodies(run(Framer(framing), chunks(data, cuts)))

    expected = []
    for aim, code in codes:
        if (
            not aim
            and len(code) > 3
            and code[:1] == b"]"
            and chr(code[1]).isalpha()
            and chr(code[2]).isalnum()
        ):
            expected.append((code[3:], code[:3].decode()))
        else:
            expected.append((code, aim or None))
    assert expected == found


@given(st.sampled_from(LINES), st.binary(max_size=300), st.lists(st.integers(0, 300)))
@example(Framing.CR, b"\x1b@\x10\x04\x01\r6901234567892\r", [2])  # a printer's commands
@example(Framing.CR, b"9" * 40 + b"\r690\r", [33])  # too long, then a good one
@example(Framing.STX_ETX, b"\x02\x02A\x03\x03\x02", [1])  # brackets that do not match
@example(Framing.CR, b"]E\r]\r\r\x1d\r", [])  # half an identifier, a separator alone
@example(Framing.CR, b"\xe4\xb8\xad\x80\r", [1])  # letters of a QR code's text
def test_noise_gives_the_same_answer_for_any_chunking_and_never_a_control_byte(
    framing, data, cuts
):
    whole = run(Framer(framing, 32), [data])
    cut = run(Framer(framing, 32), chunks(data, cuts))

    assert bodies(whole) == bodies(cut)
    for one in cut:
        if isinstance(one, Frame):
            assert 0 < len(one.data) <= 32
            assert all(0x20 <= value <= 0x7E or value in (0x1D, 0x1E, 0x04) for value in one.data)


@pytest.mark.parametrize("framing", TERMINATED)
def test_a_code_without_its_end_is_truncated_and_the_next_one_is_whole(framing):
    framer = Framer(framing)
    prefix, suffix = SUFFIXES[framing]

    assert framer.feed(prefix + b"69012", 0) == []
    assert framer.expire(GAP_NS - 1) == []
    assert framer.expire(GAP_NS) == [Rejected(RejectReason.TRUNCATED, 5, GAP_NS)]
    assert bodies(framer.feed(prefix + b"6901234567892" + suffix, 3 * GAP_NS)) == [
        (b"6901234567892", None)
    ]


def test_a_code_that_goes_on_in_time_is_not_truncated():
    framer = Framer(Framing.CR)
    framer.feed(b"69012", 0)

    assert framer.expire(GAP_NS - 1) == []
    assert bodies(framer.feed(b"34567892\r", GAP_NS - 1)) == [(b"6901234567892", None)]


@pytest.mark.parametrize("framing", TERMINATED)
def test_the_late_tail_of_a_truncated_code_is_no_code(framing):
    framer = Framer(framing)
    prefix, suffix = SUFFIXES[framing]
    framer.feed(prefix + b"69012", 0)
    framer.expire(GAP_NS)

    found = framer.feed(b"34567892" + suffix + prefix + b"12345670" + suffix, GAP_NS + 1)

    frames = [one.data for one in found if isinstance(one, Frame)]
    assert frames == [b"12345670"]
    assert len(found) == 2


def test_bytes_long_after_a_begun_code_are_never_glued_to_it():
    framer = Framer(Framing.CR)
    framer.feed(b"69012", 0)

    found = framer.feed(b"6901234567892\r", 11 * GAP_NS)

    assert bodies(found) == [RejectReason.TRUNCATED, (b"6901234567892", None)]


def test_silence_ends_a_code_of_a_scanner_without_terminator():
    framer = Framer(Framing.NONE)
    framer.feed(b"69012", 0)
    framer.feed(b"34567892", 1000)

    assert bodies(framer.expire(1000 + GAP_NS)) == [(b"6901234567892", None)]


def test_an_oversized_code_is_refused_once_with_its_length():
    framer = Framer(Framing.CR, 16)
    found = framer.feed(b"1" * 40, 0) + framer.feed(b"1" * 40 + b"\r" + b"12345678\r", 0)

    assert found[0] == Rejected(RejectReason.OVERSIZED, 80, 0)
    assert bodies(found[1:]) == [(b"12345678", None)]


def test_the_limit_itself_is_allowed():
    for framing in TERMINATED:
        prefix, suffix = SUFFIXES[framing]
        assert bodies(Framer(framing, 16).feed(prefix + b"1" * 16 + suffix, 0)) == [
            (b"1" * 16, None)
        ]


@pytest.mark.parametrize("noise", [b"\xff", b"\x07", b"\x1b[A", b"69\x0012"])
def test_a_code_with_noise_in_it_is_refused(noise):
    assert bodies(Framer(Framing.CR).feed(b"69" + noise + b"12\r", 0)) == [RejectReason.NOISE]


def test_text_of_a_qr_code_passes_when_eight_bits_are_allowed():
    text = "牛奶".encode()

    assert bodies(Framer(Framing.CR, eight_bit=True).feed(text + b"\r", 0)) == [(text, None)]
    assert bodies(Framer(Framing.CR).feed(text + b"\r", 0)) == [RejectReason.NOISE]


def test_padding_and_doubled_line_ends_are_no_codes():
    framer = Framer(Framing.CR)

    found = framer.feed(b"\x00\x006901234567892\r\n\r\n\x0012345670\r\n", 0)

    assert bodies(found) == [(b"6901234567892", None), (b"12345670", None)]
    assert framer.expire(10**12) == []


def test_crlf_wants_both_characters():
    assert bodies(Framer(Framing.CRLF).feed(b"12345670\n12345670\r\n", 0)) == [
        RejectReason.NOISE,
        (b"12345670", None),
    ]


def test_noise_outside_the_marks_is_counted_and_a_new_mark_starts_afresh():
    found = Framer(Framing.STX_ETX).feed(b"xy\x0212\x026901\x03\r\n\x0234\x03", 7)

    assert found[0] == Rejected(RejectReason.NOISE, 2, 7)
    assert bodies(found[1:]) == [RejectReason.TRUNCATED, (b"6901", None), (b"34", None)]


def test_a_reset_reports_a_begun_code_once():
    framer = Framer(Framing.CR)
    framer.feed(b"69012", 0)

    assert bodies(framer.reset(5)) == [RejectReason.TRUNCATED]
    assert framer.reset(5) == []


def test_a_reread_within_the_window_is_dropped_and_another_code_is_not():
    window = RereadFilter(300)

    assert not window.repeated(Frame(b"1", 0))
    assert window.repeated(Frame(b"1", 299))
    assert not window.repeated(Frame(b"2", 300))
    assert not window.repeated(Frame(b"1", 301))
    assert not window.repeated(Frame(b"1", 601))


def test_without_a_window_nothing_is_dropped():
    window = RereadFilter()

    assert not window.repeated(Frame(b"1", 0))
    assert not window.repeated(Frame(b"1", 0))


def test_packets_are_not_cut_as_lines():
    with pytest.raises(ValueError, match="SSI"):
        Framer(Framing.SSI)
