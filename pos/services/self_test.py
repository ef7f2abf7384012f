"""The counter's devices tested by hand and eye, part by part; the result is a journal entry.

The test page carries three codes that the scanner must read back. Nothing is sold, and what the
drawer's opening needs, it needs here too.
"""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from drivers.document import Barcode, Blank, Cut, Document, Element, QrCode, Rule, Text
from drivers.events import OutputComplete, PrintOutcome
from drivers.ports import Lamp, Shown
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.domain.journal.bodies import DevicePart, DevicesTested
from pos.i18n import N_
from pos.receipt import Words
from pos.services import cash, printing, reporting
from pos.services.context import Grant, NeedsApproval, Till
from pos.store.connection import connect_raw
from pos.store.journal_files import live_journal


class Part(StrEnum):
    """What is tested, in this order."""

    PRINTER = "printer"
    SCANNER = "scanner"
    DRAWER = "drawer"
    DISPLAY = "display"
    SCALE = "scale"


class Verdict(StrEnum):
    """What came of a part."""

    OK = "ok"
    CARE = "care"
    """It works, and something about it wants looking at."""
    FAULT = "fault"
    ABSENT = "absent"


class Outcome(msgspec.Struct, frozen=True):
    """Verdict of one part, with why as a code: a key of :data:`MENDING`, or a drivers' code."""

    part: Part
    verdict: Verdict
    code: str = ""


TEST_CODES: Final[tuple[tuple[str, str], ...]] = (
    ("EAN13", "6901234567892"),
    ("CODE128", "GUITAI-SELFTEST-7"),
    ("QR", "https://id.gs1.org/01/06901234567892/10/SELFTEST"),
)
"""Symbology and data of the codes on the test page: in EAN-13, in Code 128, in a QR code."""

_RULER: Final = "1234567890"

MENDING: Final[dict[str, str]] = {
    "looks_wrong": N_(
        "Check the profile in the settings: paper width, Chinese characters, QR, cutter"
    ),
    "no_qr": N_("It reads bars and no QR codes: for 2D codes it needs an image scanner"),
    "some_codes": N_("It did not read every code: switch the missing code types on"),
    "no_code": N_("It read nothing: check its cable, its path and its speed with `pos scan-test`"),
    "no_pin": N_("It opens, but the printer cannot tell: openings by key will not be noticed"),
    "polarity": N_("It opens, and the printer says it is shut: turn drawer_open_is_high round"),
    "not_opened": N_("Check its cable at the printer, drawer.pin and drawer.pulse_ms"),
    "no_right": N_(
        "Opening the drawer without a sale needs the right to it: ask the counter head"
    ),
    "not_seen": N_("Check its cable, its path, and the model under customer_display.profile"),
    "not_empty": N_("Clear the scale and press its zero key"),
    "silent": N_("Check its cable, its path, and the model under scale.profile"),
    "not_tested": N_("Not tested"),
}
"""How to mend it, by code."""


def codes_seen(seen: set[str]) -> Outcome:
    """Verdict on the scanner after `seen` of the test codes."""
    wanted = {data for _symbology, data in TEST_CODES}
    found = seen & wanted
    if found == wanted:
        return Outcome(Part.SCANNER, Verdict.OK)
    if not found:
        return Outcome(Part.SCANNER, Verdict.FAULT, "no_code")
    qr = next(data for symbology, data in TEST_CODES if symbology == "QR")
    code = "no_qr" if wanted - found == {qr} else "some_codes"
    return Outcome(Part.SCANNER, Verdict.CARE, code)


def present(till: Till, part: Part) -> bool:
    """Whether this till is set up to have the part."""
    match part:
        case Part.PRINTER:
            return till.status.printer != "absent"
        case Part.SCANNER:
            return till.status.scanner != "absent"
        case Part.DRAWER:
            return till.settings.drawer.attached and till.status.printer != "absent"
        case Part.DISPLAY:
            return till.display is not None
        case Part.SCALE:
            return till.scale is not None


def page_document(till: Till) -> Document:
    """Ruler from edge to edge, hanzi and signs, the three codes, a cut."""
    facts = reporting.facts_of(till)
    words = Words(facts.language)
    tens = facts.columns // len(_RULER) + 1
    elements: list[Element] = [
        Text(words(N_("Device test")), align="center", double_height=True, double_width=True),
        Text((_RULER * tens)[: facts.columns]),
        Rule(),
        Text("人民路便民超市 收银 ￥123.45 ×÷ ①②③"),
        Text("ABCDEFG abcdefg 0123456789 -+*/.,:%"),
        Rule(),
    ]
    for symbology, data in TEST_CODES:
        if symbology == "QR":
            elements.append(QrCode(data))
        elif symbology == "EAN13":
            elements.append(Barcode(data, "EAN13"))
        else:
            elements.append(Barcode(data))
        elements.append(Blank())
    elements.append(Cut())
    return Document(tuple(elements), title=words(N_("Device test")))


def print_page(till: Till) -> str:
    """Queue the test page; gives its job, whose outcome arrives as an `OutputComplete`."""
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    page = page_document(till)
    saved = till.write(lambda txn: printing.insert_job(txn, job_id, "self_test", page, created))
    printing.submit_when_saved(till, saved, job_id)
    return job_id


def printed(event: OutputComplete) -> Outcome | None:
    """What the printer's own word means; None: it is out, and a person has to look at it."""
    if event.outcome is PrintOutcome.PRINTED:
        return None
    return Outcome(Part.PRINTER, Verdict.FAULT, event.detail or "not_confirmed")


def open_drawer(
    till: Till, approval: Grant | None = None
) -> cash.DrawerOpened | Refusal | NeedsApproval:
    """Open the drawer as a journaled no-sale, which may need a second person."""
    return cash.no_sale(till, "self_test", approval)


def drawer_stayed_shut() -> Outcome:
    """Nobody who may was there to allow it."""
    return Outcome(Part.DRAWER, Verdict.CARE, "no_right")


def show_figures(till: Till) -> None:
    """Every segment of a number, and letters where the display has them."""
    if till.display is not None:
        till.display.show(Shown("自检 TEST", "1234567", "88888.88", Lamp.TOTAL, plain="SELF-TEST"))


def skipped(part: Part) -> Outcome:
    """The part was left out by the person testing."""
    return Outcome(part, Verdict.CARE, "not_tested")


def absent(part: Part) -> Outcome:
    """This till has no such device."""
    return Outcome(part, Verdict.ABSENT)


def record(till: Till, outcomes: list[Outcome]) -> None:
    """Journal the result: it stays at the till and goes to head office with everything else."""
    till.append(
        EntryKind.DEVICES_TESTED,
        DevicesTested(
            parts=tuple(
                DevicePart(part=one.part.value, verdict=one.verdict.value, code=one.code)
                for one in outcomes
            )
        ),
    )


def last_device_test(home: Path) -> tuple[str, DevicesTested] | None:
    """Business day (or date) and result of the last test in the live journal, or None."""
    with closing(connect_raw(live_journal(home), readonly=True)) as journal:
        row = journal.execute(
            "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id DESC LIMIT 1",
            (EntryKind.DEVICES_TESTED.value,),
        ).fetchone()
    entry = decode_entry(bytes(row[0])) if row is not None else None
    if entry is None or isinstance(entry, Unreadable):
        return None
    body = entry.body
    return (entry.envelope.business_day, body) if isinstance(body, DevicesTested) else None
