"""Scanner models as data: every shipped profile loads, and what a model sends becomes a scan."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.errors import Illegal
from drivers.events import RejectReason, ScanEvent, ScanRejected
from drivers.fakes import PtyScanner
from drivers.ports import Feedback
from drivers.registry import scanner_from_url
from drivers.scanner import ssi
from drivers.scanner.framing import Framing
from drivers.scanner.profile import GENERIC, profile_from_mapping
from drivers.scanner.session import ScannerSession
from drivers.scanner.simulated import ScannerFault, SimulatedScanner
from tests.contract.benches import ScannerBench

FOLDER = Path(__file__).parents[2] / "config" / "scanners"
PROFILES = {
    path.stem: profile_from_mapping(tomllib.loads(path.read_text(encoding="utf-8")))
    for path in sorted(FOLDER.glob("*.toml"))
}
MS = 1_000_000


def session(name):
    return ScannerSession(PROFILES[name], "s")


def scans(events):
    return [(one.data, one.symbology_id) for one in events if isinstance(one, ScanEvent)]


def reasons(events):
    return [one.reason for one in events if isinstance(one, ScanRejected)]


def test_the_models_of_the_market_ship():
    assert set(PROFILES) >= {"generic", "honeywell", "zebra", "zebra-ssi", "datalogic", "newland"}
    assert all(profile.name == name for name, profile in PROFILES.items())
    assert replace(PROFILES["generic"], title="") == GENERIC


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_every_model_delivers_what_it_read(name):
    one = session(name)
    sent = SimulatedScanner(PROFILES[name])

    events = one.feed(b"".join(sent.pieces("6901234567892", "]E0")), 0)
    events += one.feed(b"".join(sent.pieces(b"0106901234567892\x1d10AB")), 1000 * MS)

    assert scans(events) == [
        (b"6901234567892", "]E0"),
        (b"0106901234567892\x1d10AB", None),
    ]


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("honeywell", b"d6901234567892\r", (b"6901234567892", "]E0")),
        ("honeywell", b"D12345670\r", (b"12345670", "]E4")),
        (
            "zebra",
            b"P01https://id.gs1.org/01/06901234567892\r",
            (b"https://id.gs1.org/01/06901234567892", "]Q1"),
        ),
        ("datalogic", b"FF12345670\r", (b"12345670", "]E4")),
        ("newland", b"]E06901234567892\r", (b"6901234567892", "]E0")),
        ("zebra", b"%6901\r", (b"%6901", None)),
    ],
)
def test_a_makers_code_identifier_becomes_the_aim_one(name, sent, expected):
    one = ScannerSession(replace(PROFILES[name], identifier="vendor"), "s")

    assert scans(one.feed(sent, 0)) == [expected]


def test_letters_stay_when_the_scanner_is_not_said_to_send_identifiers():
    assert scans(session("honeywell").feed(b"d6901\r", 0)) == [(b"d6901", None)]


def test_acknowledged_codes_get_06_and_broken_ones_15_three_times_at_most():
    one = session("honeywell-ack")

    one.feed(b"6901234567892\r", 0)
    assert one.take_replies() == b"\x06"
    assert one.take_replies() == b""
    for number in range(5):
        one.feed(b"69\x0701\r", number * MS)
    assert one.take_replies() == b"\x15\x15\x15"
    one.feed(b"69012", 10 * MS)
    one.expire(1000 * MS)
    assert one.take_replies() == b""
    one.feed(b"6901234567892\r", 3000 * MS)
    assert one.take_replies() == b"\x06"


def test_a_truncated_code_is_asked_for_again_and_the_repetition_is_delivered():
    one = session("honeywell-ack")
    one.feed(b"69012", 0)
    assert reasons(one.expire(150 * MS)) == [RejectReason.TRUNCATED]
    assert one.take_replies() == b"\x15"

    events = one.feed(b"6901234567892\r", 160 * MS)  # may as well be the rest of it: once more
    assert one.take_replies() == b"\x15"
    events += one.feed(b"6901234567892\r", 200 * MS)

    assert scans(events) == [(b"6901234567892", None)]
    assert one.take_replies() == b"\x06"


def test_a_plain_scanner_is_never_written_to():
    one = session("generic")
    one.feed(b"6901234567892\r69\x07\r", 0)

    assert one.take_replies() == b""
    assert [one.feedback(kind) for kind in Feedback] == [b"", b"", b""]


def test_feedback_bytes_come_from_the_profile():
    assert session("datalogic").feedback(Feedback.GOOD) == b"B"
    assert session("datalogic").feedback(Feedback.NOT_ON_FILE) == b"F"
    assert session("datalogic").feedback(Feedback.BUSY) == b""
    assert session("zebra-ssi").feedback(Feedback.GOOD) == ssi.packet(0xE6, b"\x00")


# -- SSI ------------------------------------------------------------------------------------------


def decoded(code, kind=0x0B, status=0):
    return ssi.packet(ssi.DECODE_DATA, bytes((kind,)) + code, source=0, status=status)


def test_the_packets_of_the_makers_manual():
    assert ssi.packet(ssi.ACK) == bytes.fromhex("04 D0 04 00 FF 28")
    assert ssi.packet(ssi.NAK, b"\x01") == bytes.fromhex("05 D1 04 00 01 FF 25")


def test_a_resent_packet_is_delivered_once_and_acknowledged_twice():
    one = session("zebra-ssi")

    events = one.feed(decoded(b"6901234567892"), 0)
    events += one.feed(decoded(b"6901234567892", status=ssi.RESENT), 2000 * MS)

    assert scans(events) == [(b"6901234567892", "]E0")]
    assert reasons(events) == [RejectReason.RESENT]
    assert one.take_replies() == ssi.packet(ssi.ACK) * 2


def test_two_equal_articles_in_packets_are_two_scans():
    one = session("zebra-ssi")

    events = one.feed(decoded(b"6901234567892") * 2, 0)

    assert len(scans(events)) == 2


def test_a_broken_packet_is_asked_for_and_its_repetition_counts_although_it_equals_the_last():
    one = session("zebra-ssi")
    whole = decoded(b"6901234567892")
    one.feed(whole, 0)
    one.take_replies()
    broken = whole[:6] + b"\x00" + whole[7:]

    assert reasons(one.feed(broken, 500 * MS)) == [RejectReason.NOISE]
    assert one.take_replies() == ssi.packet(ssi.NAK, b"\x01")
    events = one.feed(decoded(b"6901234567892", status=ssi.RESENT), 700 * MS)

    assert scans(events) == [(b"6901234567892", "]E0")]


def test_half_a_packet_is_asked_for_again():
    one = session("zebra-ssi")
    whole = decoded(b"6901234567892")
    one.feed(whole[:7], 0)

    assert reasons(one.expire(200 * MS)) == [RejectReason.TRUNCATED]
    assert one.take_replies() == ssi.packet(ssi.NAK, b"\x01")
    assert scans(one.feed(decoded(b"6901234567892", status=ssi.RESENT), 300 * MS))


def test_a_code_of_several_packets_is_one_code():
    one = session("zebra-ssi")
    events = one.feed(decoded(b"https://id.gs1.org/01/", 0x1C, ssi.CONTINUED), 0)
    events += one.feed(decoded(b"06901234567892", 0x1C), 50 * MS)

    assert scans(events) == [(b"https://id.gs1.org/01/06901234567892", "]Q1")]


def test_answers_to_our_own_beeps_are_no_codes_and_get_no_answer():
    one = session("zebra-ssi")

    assert one.feed(ssi.packet(ssi.ACK, source=0), 0) == []
    assert one.take_replies() == b""


def test_zeros_that_wake_the_line_are_skipped():
    assert scans(session("zebra-ssi").feed(b"\x00\x00" + decoded(b"12345670", 0x0A), 0)) == [
        (b"12345670", "]E4")
    ]


# -- properties -----------------------------------------------------------------------------------


def constants(profile):
    """Every byte string that may ever be written to a scanner of the profile."""
    if profile.framing is Framing.SSI:
        return [ssi.packet(ssi.ACK), ssi.packet(ssi.NAK, b"\x01")]
    return [one for one in (profile.ack, profile.nak) if one]


@given(st.sampled_from(sorted(PROFILES)), st.lists(st.binary(max_size=60), max_size=8))
@example("honeywell-ack", [b"999999\r"])  # programs a Metrologic scanner if it is echoed
@example("zebra-ssi", [b"\x05\xd1\x04\x00\x01\xff\x25"])  # its own NAK comes back
@example("newland", [b"~\x010000#SCNENA1;\x03\r"])  # a programming command as a code
def test_nothing_received_is_ever_sent_back(name, pieces):
    profile = PROFILES[name]
    one = ScannerSession(profile, "s")
    now = 0
    for piece in pieces:
        one.feed(piece, now)
        now += profile.gap_ms * MS * 2
        one.expire(now)
    sent = one.take_replies()
    for constant in constants(profile):
        sent = sent.replace(constant, b"")

    assert sent == b""


@given(
    st.lists(
        st.binary(min_size=1, max_size=30).map(lambda b: bytes(33 + x % 94 for x in b)), max_size=5
    ),
    st.lists(st.integers(0, 300)),
)
def test_any_chunking_of_packets_gives_the_codes_that_were_scanned(codes, cuts):
    codes = [code for code in codes if not code.startswith(b"]")]
    data = b"".join(decoded(code, 0x03) for code in codes)
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    one = session("zebra-ssi")
    events = []
    for begin, end in zip([0, *places], [*places, len(data)], strict=True):
        events += one.feed(data[begin:end], MS)

    assert scans(events) == [(code, "]C0") for code in codes]


@given(st.sampled_from(sorted(PROFILES)), st.lists(st.binary(max_size=300), max_size=5))
@example("zebra-ssi", [b"\xff" * 300])  # the longest length and nothing behind it
@example("zebra-ssi", [b"\x00\x01\x02\x03" * 9, b"\x06\xf3\x00\x00\x03"])  # too short for a packet
@example("datalogic", [b"F\x07B01\r"])  # letters that are commands when they go the other way
def test_no_bytes_break_a_session_or_bring_a_control_byte(name, pieces):
    one = session(name)
    found = []
    for number, piece in enumerate(pieces):
        found += one.feed(piece, number * MS)
    found += one.expire(10_000 * MS)
    found += one.reset(10_000 * MS)

    for data, _aim in scans(found):
        assert data
        assert all(0x20 <= value <= 0x7E or value in (0x1D, 0x1E, 0x04) for value in data)


# -- what is wrong in a profile -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"framing": "morse"}, "framing: expected one of 'cr', 'lf'"),
        ({"colour": "red"}, "colour: unknown; expected one of ack"),
        ({"ack": "06"}, "ack, nak: expected both or neither"),
        ({"ack": "6", "nak": "15"}, "ack: expected bytes in hexadecimal"),
        ({"code_ids": {"d": "E0"}}, "d: expected an AIM identifier"),
        ({"code_ids": {"0xZZ": "]E0"}}, "code_ids: expected bytes"),
        ({"feedback": {"great": "01"}}, "feedback: expected only good, not_on_file, busy"),
        ({"baudrate": True}, "baudrate: expected 300 to"),
        ({"eight_bit": 1}, "eight_bit: expected true or false"),
    ],
)
def test_a_fault_in_a_profile_is_said_by_its_key(wrong, said):
    with pytest.raises(Illegal) as caught:
        profile_from_mapping({"name": "x"} | wrong)

    assert said in str(caught.value)


def test_a_profile_needs_a_name():
    with pytest.raises(Illegal, match="name: missing"):
        profile_from_mapping({})


# -- over a line ----------------------------------------------------------------------------------


def named(name):
    try:
        return PROFILES[name]
    except KeyError:
        raise Illegal(f"profile: {name}") from None


@pytest.mark.parametrize("name", ["honeywell-ack", "zebra-ssi"])
async def test_the_serial_driver_acknowledges_and_shows_the_tills_answer(name):
    with PtyScanner(profile=PROFILES[name]) as far:
        scanner = scanner_from_url(far.url, "s", named)
        bench = ScannerBench(scanner, far.scan, far.unplug, far.replug, far.close)
        bench.start()
        far.scan("6901234567892", "]E0")
        await bench.until(lambda b: b.scans)
        acknowledged = ssi.packet(ssi.ACK) if name == "zebra-ssi" else b"\x06"
        assert far.answers(len(acknowledged)) == acknowledged

        scanner.feedback(Feedback.NOT_ON_FILE)

        tone = ssi.packet(0xE6, b"\x05") if name == "zebra-ssi" else b""
        assert far.answers(len(tone), 1 if tone else 0) == tone
        scanner.close()


async def test_a_resending_scanner_on_a_real_line_sells_once():
    with PtyScanner(profile=PROFILES["zebra-ssi"]) as far:
        scanner = scanner_from_url(far.url, "s", named)
        bench = ScannerBench(scanner, far.scan, far.unplug, far.replug, far.close)
        bench.start()
        far.misbehave(ScannerFault.RESEND)
        far.scan("6901234567892", "]E0")
        far.misbehave(None)
        far.scan("12345670", "]E4")
        await bench.until(lambda b: len(b.scans) == 2)

        assert bench.scans == [b"6901234567892", b"12345670"]
        scanner.close()


def test_a_url_goes_over_the_profile():
    scanner = scanner_from_url(
        "serial:/dev/none?profile=honeywell&baudrate=9600&reread_ms=300", "s", named
    )

    assert scanner.settings.baudrate == 9600
    assert (scanner.profile.name, scanner.profile.reread_ms) == ("honeywell", 300)
    assert (
        scanner_from_url("serial:/dev/none?profile=honeywell", "s", named).settings.baudrate
        == 115_200
    )


@pytest.mark.parametrize(
    "url",
    ["serial:/dev/x?profile=none", "serial:/dev/x?identifier=odd", "evdev:?layout=us", "usb:/x"],
)
def test_a_url_that_means_nothing_is_refused(url):
    with pytest.raises(Illegal):
        scanner_from_url(url, "s", named)
