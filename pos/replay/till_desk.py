"""One till that a roll is traded at from outside: its terminal, its scanner, its printer's paper."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from drivers.escpos.decoder import Receipt
from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyPrinter
from pos.config import Settings
from pos.domain.barcode import ScanContext, classify, lookup_keys
from pos.domain.cart import LineKind, Refusal
from pos.domain.money import display_amount, extended_amount, format_amount, parse_amount
from pos.domain.quantity import ONE
from pos.domain.roll import RollLine, RollTender, RollTransaction
from pos.domain.tender import CASH, Payment, TenderType, add_tender
from pos.replay.trading import ReplayFailed
from pos.services import roll_commands
from pos.services.roll_commands import RollCommand
from pos.store.reference import ReferenceReader
from pos.terminal import TerminalProgram

PAY_KEY: Final = "\x1b[20~"
"""F9 of the default key map."""

_BETWEEN_S: Final = 0.1
"""Between two presses of Enter; within 60 ms the till takes the second for a key held down."""

_PATIENCE_S: Final = 60.0
_LONGEST_SCAN: Final = 4096
_MOST_KEYED_MILLI: Final = 9999 * ONE
_FINISHED = re.compile(r"✓ (\S+-\d{8}-\d{4,})")
_TOTAL = re.compile(r"Total:\s*(-?[\d,]+\.\d\d)")


class KeyedTender(msgspec.Struct, frozen=True):
    """A tender as a cashier keys it: the amount, and the tender's number unless it is cash."""

    kind: TenderType
    amount_minor: int


class TillDesk:
    """A running till with its devices; `idle` is called while it is waited for."""

    def __init__(
        self, home: Path, roll: Path, settings: Settings, idle: Callable[[], None]
    ) -> None:
        self.home = home
        self.settings = settings
        self.business_day = ""
        self._idle = idle
        self._scanner = PtyScanner()
        self._printer = PtyPrinter(columns=48)
        self._paper: list[Receipt] = []
        self._marks = 0
        self._last_no = ""
        self._reference = ReferenceReader(home)
        arguments = [sys.executable, "-m", "pos", "run", "--home", str(home), "--roll", str(roll)]
        arguments += ["--scanner", self._scanner.url, "--printer", self._printer.url]
        self.program = TerminalProgram(arguments)

    def close(self) -> None:
        """End the till and unplug its devices."""
        self.program.close()
        self._printer.close()
        self._scanner.close()
        self._reference.close()

    def wait_ready(self) -> None:
        """Wait until the sale screen stands and the scanner is heard."""
        self._wait("the sale screen", r"Pieces 0(?!\d)")
        deadline = time.monotonic() + _PATIENCE_S
        # What is scanned before the till has opened its scanner is dropped, as it must be.
        while not self._marked(1.0):
            if time.monotonic() > deadline:
                raise self._failed("the scanner was not heard")

    def open_day(self, business_day: str, operator_id: str) -> None:
        """Open a business day by command."""
        day = roll_commands.OpenDay(business_day=business_day, operator_id=operator_id)
        self._command(RollCommand(open_day=day))
        self._mark(f"opening of {business_day}")
        self.business_day = business_day

    def close_day(self, counted: dict[str, int | None]) -> None:
        """Close the business day by command and take its Z off the printer."""
        day = self.business_day
        self._command(RollCommand(close_day=roll_commands.CloseDay(counted=counted)))
        self._mark(f"close of {day}")
        self._take_paper(f"Z of {day}", lambda slip: "Z REPORT" in slip.text and day in slip.text)
        self.business_day = ""

    def trade(self, roll: RollTransaction) -> None:
        """Trade a transaction with goods, keys and commands; its receipt must say the same."""
        what = f"transaction {roll.transaction} (row {roll.row_number})"
        head = msgspec.structs.replace(roll, lines=(), tenders=())
        self._command(RollCommand(transaction=head))
        for line in roll.lines:
            self._enter(line, what)
        total = sum(extended_amount(x.unit_price_e4, x.quantity_milli) for x in roll.lines)
        keyed = keyed_tenders(roll, total, self.settings) if roll.lines else ()
        if keyed:
            at = roll.tenders[0].at if roll.tenders else roll.at
            self._command(RollCommand(at=at))
            self._mark(what)
            self._pay(keyed, total, what)
        else:
            self._command(RollCommand(at=roll.at, tenders=roll.tenders))
        number = self._finished(what)
        self._check_receipt(number, total if roll.lines else None, what)

    # -- goods ---------------------------------------------------------------------------------

    def _enter(self, line: RollLine, what: str) -> None:
        if not self._is_plain(line):
            self._enter_by_command(line)
            return
        self._command(RollCommand(at=line.at))
        pieces = line.quantity_milli // ONE
        if pieces > 1:
            self._mark(what)  # what was scanned before must not take this quantity
            self.program.send(f"{pieces}*")
            self._wait(what, rf"(?<![\d.,]){pieces} ×(?! ?[\d-])")
        self._scanner.scan(line.item_code)

    def _enter_by_command(self, line: RollLine) -> None:
        code = line.item_code
        if 0 < len(code) <= 64 and code.isascii() and code.isprintable() and _is_bare(code):
            unnamed = msgspec.structs.replace(line, item_code="")
            self._command(RollCommand(line=unnamed))
            self._scanner.scan(code)
        else:
            self._command(RollCommand(line=line, scanned=False))

    def _is_plain(self, line: RollLine) -> bool:
        """Whether scanning the item's code at this till gives exactly this line."""
        code = line.item_code
        if line.kind is not LineKind.SALE or line.unit_discount_e4 or not _is_bare(code):
            return False
        if line.quantity_milli % ONE or line.quantity_milli > _MOST_KEYED_MILLI:
            return False
        item = self._reference.item(code, self.business_day)
        if item is None or item.held or item.weighed or item.department:
            return False
        if item.unit_price_e4 != line.unit_price_e4 or not item.unit_price_e4:
            return False
        keys = lookup_keys(
            classify(
                code,
                symbology_id=None,
                layouts=self.settings.barcode.layouts(),
                context=ScanContext.SALE,
            )
        )
        hit = self._reference.find_code(keys, self.business_day) if keys else None
        return (
            line.description == item.name
            and hit is not None
            and hit.item.item_code == code
            and hit.quantity_milli == ONE
        )

    # -- money ---------------------------------------------------------------------------------

    def _pay(self, tenders: tuple[KeyedTender, ...], total_minor: int, what: str) -> None:
        self.program.send(PAY_KEY)
        due = re.escape(display_amount(total_minor))
        self._wait(f"{what}: the total {display_amount(total_minor)}", "To pay", rf"Total {due}")
        paid = 0
        for tender in tenders:
            paid += tender.amount_minor
            amount = format_amount(tender.amount_minor)
            cash = tender.kind.id == CASH
            self.program.pause(_BETWEEN_S)
            self.program.send(f"{amount}\r" if cash else f"{amount}*{tender.kind.number}\r")
            if tender.kind.confirm:
                # The mark stands on waiting; the roll says that the money came.
                self._wait(what, "Has the money")
                self.program.pause(_BETWEEN_S)
                self.program.send("+")
                self.program.pause(_BETWEEN_S)
                self.program.send("\r")
                self._wait(what, "Has the money", gone=True)
            if paid < total_minor:
                self._wait(what, f"Paid {re.escape(display_amount(paid))}")

    def _finished(self, what: str) -> str:
        """Wait for the transaction's number on the screen and return it."""

        def shown(text: str) -> bool:
            found = _FINISHED.search(text)
            return found is not None and found[1] != self._last_no

        text = self._wait_until(what, shown)
        self._last_no = _FINISHED.findall(text)[0]
        return self._last_no

    def _check_receipt(self, number: str, total_minor: int | None, what: str) -> None:
        pattern = re.compile(re.escape(number) + r"(?!\d)")
        slip = self._take_paper(
            f"{what}: the receipt {number}",
            lambda one: number in one.barcodes or pattern.search(one.text) is not None,
        )
        printed = _TOTAL.search(slip.text)
        said = parse_amount(printed[1].replace(",", "")) if printed is not None else None
        if said != total_minor or pattern.search(slip.text) is None:
            msg = (
                f"{what}: the receipt was to say {number} and "
                f"{'no total' if total_minor is None else display_amount(total_minor)}"
            )
            raise ReplayFailed(msg, slip.text)

    def _take_paper(self, what: str, wanted: Callable[[Receipt], bool]) -> Receipt:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            for place, slip in enumerate(self._paper):
                if wanted(slip):
                    del self._paper[: place + 1]
                    return slip
            if time.monotonic() > deadline or self.program.ended():
                raise self._failed(f"{what} did not come out of the printer")
            self._idle()
            self._paper += self._printer.tear_off(0.05)

    # -- scanning and waiting ------------------------------------------------------------------

    def _command(self, command: RollCommand) -> None:
        data = roll_commands.encode(command)
        if len(data) > _LONGEST_SCAN:
            msg = f"a roll command of {len(data)} bytes is longer than a scan may be"
            raise ReplayFailed(msg, "Trade this roll `--through services`.")
        self._scanner.scan(data)

    def _mark(self, what: str) -> None:
        """Wait until the till has done everything that was scanned so far."""
        if not self._marked(_PATIENCE_S):
            raise self._failed(what)

    def _marked(self, timeout_s: float) -> bool:
        self._marks += 1
        self._command(RollCommand(mark=f"ROLL {self._marks}"))
        wanted = re.compile(rf"ROLL {self._marks}(?!\d)")
        deadline = time.monotonic() + timeout_s
        while wanted.search(self.program.screen.text()) is None:
            if self.program.ended():
                raise self._failed("the till ended")
            if time.monotonic() > deadline:
                return False
            self._idle()
            self.program.pump(0.05)
        return True

    def _wait(self, what: str, *patterns: str, gone: bool = False) -> str:
        def shown(text: str) -> bool:
            found = [re.search(pattern, text) is not None for pattern in patterns]
            return not any(found) if gone else all(found)

        return self._wait_until(what, shown)

    def _wait_until(self, what: str, shown: Callable[[str], bool]) -> str:
        deadline = time.monotonic() + _PATIENCE_S
        while not shown(text := self.program.screen.text()):
            if time.monotonic() > deadline or self.program.ended():
                raise self._failed(what)
            self._idle()
            self.program.pump(0.05)
        return text

    def _failed(self, what: str) -> ReplayFailed:
        return ReplayFailed(
            f"{self.home.name}, {what}: the till's screen did not show it",
            self.program.screen.text(),
        )


def keyed_tenders(
    roll: RollTransaction, total_minor: int, settings: Settings
) -> tuple[KeyedTender, ...]:
    """The tenders as a cashier keys them, or nothing when keys alone cannot give these rows.

    Keys give: known tenders of a sale above 0, change in the same money as its last tender.
    """
    paying = settings.payment
    if total_minor <= 0 or paying.cash_rounding_minor:
        return ()
    kinds = {kind.id: kind for kind in paying.tender_types()}
    rows = roll.tenders or (
        RollTender(row_number=0, tender_type=CASH, amount_minor=total_minor, at=roll.at),
    )
    payment = Payment(total_minor)
    keyed: list[KeyedTender] = []
    for row in rows:
        if row.amount_minor <= 0:
            continue
        kind = kinds.get(row.tender_type)
        if kind is None or _digits(row.amount_minor) >= paying.cash_refused_from_digits:
            return ()
        ceiling = paying.cash_ceiling_over_total_minor if kind.id == CASH else None
        added = add_tender(payment, kind, row.amount_minor, ceiling_over_due_minor=ceiling)
        if isinstance(added, Refusal):
            return ()
        payment = added
        keyed.append(KeyedTender(kind, row.amount_minor))
    got = [(tender.tender_type, tender.amount_minor) for tender in payment.tenders]
    if payment.remaining_minor or got != [(row.tender_type, row.amount_minor) for row in rows]:
        return ()
    return tuple(keyed)


def _digits(amount_minor: int) -> int:
    return len(str(amount_minor // 100))


def _is_bare(code: str) -> bool:
    """Whether a scanner hands the code over as it is: no blanks around it, nothing in front."""
    data = code.encode("utf-8")
    return code == code.strip() and not code.startswith("]") and not data.startswith(b"GUITAI-")
