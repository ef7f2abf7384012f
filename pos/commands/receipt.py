"""`pos receipt preview` and `pos reprint`: receipts as they come out, and out once more."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.common import (
    TEMPORARY,
    HomeCommand,
    HomeGroup,
    fail,
    find_journal,
    home_option,
    json_option,
    print_json,
)
from pos.commands.till_access import ask_secret, opened_till, reading_till, refuse, signed_on
from pos.i18n import gettext as _
from pos.i18n import language

if TYPE_CHECKING:
    from drivers.document import Document
    from drivers.events import OutputComplete
    from pos.config import Settings
    from pos.domain.sale import Transaction
    from pos.services.context import Till

_OUTCOME_S = 45.0
"""Longer than any printer's own timeouts together."""


@click.group(cls=HomeGroup)
def receipt() -> None:
    """Preview a receipt as it prints."""


@receipt.command()
@click.argument("transaction_no", required=False)
@home_option
@click.option("--columns", type=click.IntRange(24, 64), help="32 for 58 mm paper, 48 for 80 mm.")
@click.option("--language", type=click.Choice(["zh", "en", "both"]), help="Of this preview.")
@click.option("--sample", is_flag=True, help="A made-up sale, to try header and footer.")
@json_option
def preview(
    transaction_no: str | None,
    *,
    home: Path | None,
    columns: int | None,
    language: str | None,
    sample: bool,
    as_json: bool,
) -> None:
    """Show the receipt of TRANSACTION_NO, cell for cell; without a number of the last sale."""
    import msgspec

    from pos.receipt import receipt_document
    from pos.services.journal_reading import find_transaction
    from pos.services.printing import preview_text
    from pos.services.reporting import facts_of

    with reading_till(find_journal(home)) as till:
        facts = facts_of(till, columns)
        if language is not None:
            facts = msgspec.structs.replace(facts, language=language)
        number = transaction_no or till.last_transaction_no
        if sample or not number:
            transaction = _sample(till)
        else:
            stored = find_transaction(till.journal.reader(), number)
            if stored is None:
                fail(
                    _("There is no transaction %(number)s on this till.") % {"number": number},
                    _("`pos journal show --kind transaction` lists the last ones."),
                )
            transaction = stored.transaction
        document = receipt_document(transaction, facts)
    text = preview_text(document, facts.columns, till.settings)
    if as_json:
        print_json(
            {
                "transaction_no": transaction.transaction_no,
                "columns": facts.columns,
                "text": text,
            }
        )
    else:
        click.echo(text)


@click.command(cls=HomeCommand)
@click.argument("transaction_no", required=False)
@home_option
@click.option("--by", metavar="ID", help="Who does this; the PIN is asked for.")
@click.option("--approver", metavar="ID", help="Who approves it, when that is needed.")
@click.option("--reason", default="paper", show_default=True, help="Why, when it is approved.")
@click.option("--printer", metavar="URL", help="Instead of the configured printer.")
def reprint(
    transaction_no: str | None,
    *,
    home: Path | None,
    by: str | None,
    approver: str | None,
    reason: str,
    printer: str | None,
) -> None:
    """Print a receipt again, marked and counted; without a number the last one.

    The till must not be running: on its screen it is Ctrl+R.
    """
    from drivers.events import PrintOutcome
    from pos.devices import connect_devices
    from pos.services import approvals, printing
    from pos.services.context import Grant, NeedsApproval

    with opened_till(find_journal(home)) as till:
        if not (printer or till.settings.printer.url):
            fail(
                _("This till has no printer."),
                _("Name one with --printer, or set printer.url with `pos config set`."),
            )
        number = transaction_no or till.last_transaction_no
        waiting = _Outcome()
        till.on_event.append(waiting.hear)
        devices = connect_devices(till, (), printer)
        try:
            with signed_on(till, by):
                answer = printing.reprint(till, number)
                if isinstance(answer, NeedsApproval):
                    if approver is None:
                        fail(
                            _("This needs the approval of somebody with the right %(right)s.")
                            % {"right": _right_name(answer.right)},
                            _("Name them with --approver."),
                        )
                    grant = approvals.grant(
                        till,
                        answer.right,
                        approver,
                        ask_secret(_("Approver's PIN")),
                        reason,
                        detail=answer.detail,
                    )
                    if not isinstance(grant, Grant):
                        refuse(grant)
                    answer = printing.reprint(till, number, grant)
                if not isinstance(answer, printing.Reprinted | printing.PrintQueued):
                    refuse(answer)
                answer.saved.result()
                done: OutputComplete | None = waiting.of(answer.job_id)
        finally:
            devices.close()
    if done is None or done.outcome is not PrintOutcome.PRINTED:
        fail(
            _("%(number)s was not printed: %(why)s")
            % {"number": number, "why": done.detail if done is not None else _("no answer")},
            _("It waits in the print queue of the till."),
            code=TEMPORARY,
        )
    click.echo(_("✓ %(number)s is printed.") % {"number": number})


class _Outcome:
    """Waits for what becomes of a print job."""

    def __init__(self) -> None:
        self._told = threading.Condition()
        self._found: dict[str, OutputComplete] = {}

    def hear(self, event: object) -> None:
        """Take a device event."""
        from drivers.events import OutputComplete

        if isinstance(event, OutputComplete):
            with self._told:
                self._found[event.job_id] = event
                self._told.notify_all()

    def of(self, job_id: str) -> OutputComplete | None:
        """The outcome of a job, or None when the printer says nothing."""
        with self._told:
            self._told.wait_for(lambda: job_id in self._found, _OUTCOME_S)
            return self._found.get(job_id)


def print_test_page(settings: Settings) -> bool:
    """Print a line of each kind on the configured printer; says what became of it."""
    from drivers.events import PrintOutcome
    from drivers.registry import printer_from_url
    from pos.services.printer_profiles import printer_profile

    device = printer_from_url(settings.printer.url, printer_profile(settings))
    try:
        report = device.print_document(_test_page(settings), "test-page")
    finally:
        device.close()
    if report.outcome is PrintOutcome.PRINTED:
        click.echo(_("✓ The test page is printed."))
        return True
    click.echo(
        _("✗ Test page: %(outcome)s. %(hint)s")
        % {"outcome": report.outcome.value, "hint": _(report.hint)}
    )
    return False


def _test_page(settings: Settings) -> Document:
    from drivers.document import Barcode, Blank, Cut, Document, Pair, Rule, Text

    return Document(
        (
            Text(settings.store.name, align="center", double_height=True, bold=True),
            Text(_("Test page"), align="center"),
            Rule(),
            Pair("¥ 1,234.50", "品名 数量 单价 金额"),
            Pair("0123456789", "ABCDEFGHIJ"),
            Rule(),
            Barcode("0101-20261121-0042"),
            Blank(),
            Cut(),
        )
    )


def _sample(till: Till) -> Transaction:
    """A made-up sale with a plain, a reduced and a weighed line."""
    from pos.domain.cart import LineKind
    from pos.domain.sale import Transaction, TransactionLine, TransactionType
    from pos.domain.tender import CASH, Tender

    lines = (
        TransactionLine(
            line_no=1,
            kind=LineKind.SALE,
            item_code="200101",
            description="饮用天然水550ml",
            barcode="6901234567892",
            quantity_milli=2000,
            unit_price_e4=20_000,
            amount_minor=400,
            tax_rate_bp=1300,
        ),
        TransactionLine(
            line_no=2,
            kind=LineKind.SALE,
            item_code="10008",
            description="番茄",
            unit="kg",
            weighed=True,
            quantity_milli=1235,
            unit_price_e4=79_600,
            amount_minor=983,
        ),
    )
    return Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no=f"{till.settings.store.store_id or '0101'}-20261121-0042",
        number=42,
        operator_id="1001",
        lines=lines,
        tenders=(
            Tender(tender_no=1, tender_type=CASH, amount_minor=2000),
            Tender(tender_no=2, tender_type=CASH, amount_minor=-617, change=True),
        ),
        total_minor=1383,
        at="2026-11-21T18:22:05",
    )


def _right_name(right: str) -> str:
    from pos.config.roles import rights

    known = rights().get(right)
    if known is None:
        return right
    return known.zh if language() == "zh_CN" else known.en
