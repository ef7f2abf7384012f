"""A scanner that acts as a keyboard: its keys become codes, and reach nobody else."""

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.errors import Illegal
from drivers.fakes import FakeKeyboard
from drivers.registry import scanner_from_url
from drivers.scanner import key_map
from drivers.scanner.evdev_scanner import EvdevScanner
from drivers.scanner.key_map import DOWN, UP, KeyDecoder
from drivers.scanner.profile import GENERIC
from tests.contract.benches import scanner_bench

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


@pytest.fixture
def keyboard():
    far = FakeKeyboard()
    yield far
    far.close()


def bench_of(keyboard, layout="us"):
    scanner = EvdevScanner(
        keyboard.path, GENERIC, source="s", layout=layout, open_device=keyboard.open_device
    )
    return scanner_bench(scanner, keyboard)


async def test_every_printable_character_and_the_separator_survive(keyboard):
    bench = bench_of(keyboard)
    bench.start()
    bench.scan(PRINTABLE.strip().encode() + b"\x1dEND")
    await bench.until(lambda b: b.scans)

    assert bench.scans == [PRINTABLE.strip().encode() + b"\x1dEND"]
    bench.scanner.close()


async def test_the_device_is_taken_alone_and_again_after_replugging(keyboard):
    bench = bench_of(keyboard)
    bench.start()
    assert keyboard.grabbed
    bench.unplug()
    await bench.until(lambda b: b.states[-1] == "disconnected", timeout_s=1)
    bench.replug()
    await bench.until(lambda b: b.states[-1] == "connected", timeout_s=2)

    assert keyboard.grabbed
    bench.scanner.close()
    assert not keyboard.grabbed


async def test_a_device_that_somebody_else_has_grabbed_is_said_to_be_taken(keyboard):
    first, second = bench_of(keyboard), bench_of(keyboard)
    first.start()
    second.start()

    assert second.states == ["disconnected"]
    assert second.events[-1].detail == "claimed"
    first.scanner.close()
    second.scanner.close()


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2)), max_size=60))
@example([(42, DOWN), (42, DOWN), (28, DOWN)])  # shift that never comes up
@example([(56, DOWN), (71, DOWN), (71, UP), (56, UP)])  # half a number on the keypad
@example([(300, DOWN), (0, DOWN), (0, 2)])  # keys that no layout has
def test_no_keys_break_the_decoder(keys):
    decoder = KeyDecoder()

    typed = b"".join(decoder.feed(code, value) for code, value in keys)

    assert all(value < 0x80 for value in typed)


def test_keypad_caps_lock_and_alt_numbers():
    decoder = KeyDecoder()
    assert b"".join(decoder.feed(code, DOWN) for code in (79, 80, 81, 83, 96)) == b"123.\r"
    decoder.feed(key_map.CAPS_LOCK, DOWN)
    assert decoder.feed(30, DOWN) == b"A"
    decoder.feed(42, DOWN)
    assert decoder.feed(30, DOWN) == b"a"
    decoder.feed(42, UP)
    decoder.feed(56, DOWN)
    assert decoder.feed(80, DOWN) + decoder.feed(73, DOWN) == b""
    assert decoder.feed(56, UP) == b"\x1d"


def test_another_countrys_layout():
    assert KeyDecoder("de").feed(21, DOWN) == b"z"
    with pytest.raises(KeyError):
        KeyDecoder("xx")


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "evdev", None)

    with pytest.raises(Illegal, match=r"guitai\[evdev\]"):
        scanner_from_url("evdev:/dev/input/by-id/usb-scanner-event-kbd")


def test_an_unknown_layout_or_option_is_refused():
    with pytest.raises(Illegal, match="layout"):
        scanner_from_url("evdev:/dev/input/x?layout=klingon")
    with pytest.raises(Illegal, match="unknown option"):
        scanner_from_url("evdev:/dev/input/x?baudrate=9600")


@pytest.mark.parametrize("what", ["nothing", "file", "null"])
async def test_with_the_extra_what_is_no_keyboard_is_said_to_be_missing(tmp_path, what):
    pytest.importorskip("evdev")
    path = {"nothing": tmp_path / "gone", "file": tmp_path / "file", "null": "/dev/null"}[what]
    (tmp_path / "file").write_bytes(b"no keyboard")
    heard = []
    scanner = scanner_from_url(f"evdev:{path}", "s")
    scanner.subscribe(heard.append)
    scanner.open()
    scanner.claim()
    scanner.enable()  # says at once whether there is one

    assert [(one.state, one.detail) for one in heard] == [("disconnected", "no_hardware")]
    scanner.close()
