"""The till's scanners from settings: models, names, several at once, and who hears the answer."""

from __future__ import annotations

import asyncio

import pytest

from drivers.errors import Illegal
from drivers.events import ScanEvent, ScannerStatus
from drivers.fakes import PtyScanner
from drivers.ports import Feedback
from pos.config import load_settings
from pos.scanners import (
    ScannerBank,
    make_scanners,
    named_scanner_urls,
    scanner_profile,
    scanner_url,
)


def settings_of(tmp_path, text):
    (tmp_path / "guitai.toml").write_text(text, encoding="utf-8")
    return load_settings(tmp_path)


def test_a_setting_goes_over_the_profile_and_what_is_not_set_is_the_profiles(tmp_path):
    settings = settings_of(
        tmp_path,
        """
[[scanner]]
url = "serial:/dev/ttyACM0"
[[scanner]]
url = "serial:/dev/ttyACM1"
name = "counter"
profile = "honeywell"
baudrate = 9600
identifier = "vendor"
reread_window_ms = 300
parity = "even"
[[scanner]]
url = "evdev:/dev/input/by-id/x-event-kbd"
layout = "de"
[[scanner]]
url = "serial:/dev/ttyUSB3?framing=lf"
baudrate = 1200
""",
    )

    assert named_scanner_urls(settings) == [
        ("scanner1", "serial:/dev/ttyACM0"),
        (
            "counter",
            "serial:/dev/ttyACM1?profile=honeywell&identifier=vendor&reread_ms=300&baudrate=9600&parity=E",
        ),
        ("scanner3", "evdev:/dev/input/by-id/x-event-kbd?layout=de"),
        ("scanner4", "serial:/dev/ttyUSB3?framing=lf"),  # a URL with options says all
    ]
    assert scanner_url(settings.scanner[0]) == "serial:/dev/ttyACM0"


def test_two_scanners_of_one_name_are_told_apart(tmp_path):
    text = '[[scanner]]\nurl = "serial:/dev/x"\nname = "counter"\n' * 2

    assert [one.source for one in make_scanners(settings_of(tmp_path, text))] == [
        "counter1",
        "counter2",
    ]


def test_a_profile_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(Illegal, match="zebra-ssi"):
        scanner_profile("zebra-sssi")


def test_a_profile_name_is_never_a_path():
    with pytest.raises(Illegal):
        scanner_profile("../printers/generic-80")


async def test_several_scanners_deliver_under_their_names_and_each_hears_its_own_answer(tmp_path):
    datalogic = scanner_profile("datalogic")
    with PtyScanner() as plain, PtyScanner(profile=datalogic) as talking:
        bank = ScannerBank(make_scanners(settings_of(tmp_path, ""), [plain.url, talking.url]))
        heard: list[object] = []
        changed = asyncio.Event()

        def hear(event):
            heard.append(event)
            if isinstance(event, ScannerStatus):
                bank.note(event.source, event.state)
            changed.set()

        async def until(what):
            async with asyncio.timeout(5):
                while not what():
                    changed.clear()
                    await changed.wait()

        assert bank.state == "disconnected"
        bank.enable(hear)
        assert (bank.state, bank.missing) == ("connected", ())
        plain.scan("6901234567892")
        talking.scan("12345670")
        await until(lambda: sum(isinstance(one, ScanEvent) for one in heard) == 2)
        codes = {one.source: one.data for one in heard if isinstance(one, ScanEvent)}
        assert codes == {"scanner1": b"6901234567892", "scanner2": b"12345670"}

        bank.feedback("scanner1", Feedback.NOT_ON_FILE)
        bank.feedback("scanner2", Feedback.NOT_ON_FILE)
        bank.feedback("keyboard", Feedback.GOOD)
        assert talking.answers(1) == b"F"
        assert plain.answers(0, 0) == b""

        talking.unplug()
        await until(lambda: bank.state == "disconnected")
        assert bank.missing == ("scanner2",)
        bank.close()


def test_without_scanners_they_are_absent():
    assert ScannerBank([]).state == "absent"
