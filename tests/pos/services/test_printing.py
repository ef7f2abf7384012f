"""Print jobs: never before the commit, never twice by themselves, each outcome in the journal."""

from __future__ import annotations

import sqlite3

import pytest

from drivers.document import Document, Text
from drivers.document_layout import render_text
from drivers.errors import DeviceError
from drivers.escpos.profile import PrinterProfile
from drivers.events import OutputComplete, PrintOutcome
from drivers.print_queue import JobState, PrintQueue
from drivers.registry import printer_from_url
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.services import cash, checkout, print_routing, printing, shifts
from pos.services.context import NeedsApproval
from pos.services.print_jobs import JournalPrintJobs
from tests.pos.services.shop import act_as, begin_day, entries, open_till, sell, staff

JOB = "SELECT state, attempts, detail FROM print_job WHERE job_id = ?"


def job_row(till, job_id):
    till.write(lambda _: None).result()
    return till.journal.reader().execute(JOB, (job_id,)).fetchone()


def printed_sale(till):
    """A sale whose receipt came out; its job's id."""
    sell(till, ("W550", 2000))
    job_id = till.printer.jobs[-1]
    jobs = JournalPrintJobs(till, 32)
    jobs.begin(job_id)
    jobs.mark(job_id, PrintOutcome.PRINTED, "")
    assert job_row(till, job_id)[0] == "PRINTED"
    return job_id


def test_a_receipt_is_rendered_from_the_journal_when_it_prints(open_shop):
    sold = sell(open_shop, ("W550", 2000))
    jobs = JournalPrintJobs(open_shop, 32)
    (pending,) = jobs.list_pending()
    assert pending.state is JobState.PENDING
    text = render_text(jobs.load(pending.job_id), 32)
    assert sold.transaction_no in text
    assert "4.00" in text
    preview = printing.receipt_of(open_shop, sold.transaction_no, columns=32)
    assert printing.preview_text(preview, 32) == text


def test_each_outcome_is_an_entry_that_names_the_sale(open_shop):
    sold = sell(open_shop, ("W550", 2000))
    job_id = open_shop.printer.jobs[-1]
    jobs = JournalPrintJobs(open_shop, 32)
    jobs.begin(job_id)
    assert job_row(open_shop, job_id) == ("SENDING", 1, "")
    jobs.mark(job_id, PrintOutcome.HELD, "paper_end")
    jobs.mark(job_id, PrintOutcome.PRINTED, "")
    bodies = entries(open_shop, EntryKind.PRINT_OUTCOME)
    assert [(b.outcome, b.detail, b.transaction_no) for b in bodies] == [
        ("held", "paper_end", sold.transaction_no),
        ("printed", "", sold.transaction_no),
    ]
    assert jobs.list_pending() == []


def test_a_job_interrupted_while_sending_asks_after_a_restart(tmp_path):
    till = open_till(tmp_path)
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    sell(till, ("W550", 1000))
    JournalPrintJobs(till, 32).begin(till.printer.jobs[-1])
    till.journal.close()
    again = open_till(tmp_path)
    (pending,) = JournalPrintJobs(again, 32).list_pending()
    again.journal.close()
    assert pending.state is JobState.SENDING


def test_a_reprint_is_marked_counted_and_journaled(open_shop):
    job_id = printed_sale(open_shop)
    number = open_shop.last_transaction_no
    for count in (1, 2):
        again = printing.reprint_last(open_shop)
        assert isinstance(again, printing.Reprinted)
        assert again.saved.result() == count
        text = render_text(JournalPrintJobs(open_shop, 32).load(again.job_id), 32)
        assert f"{count} *" in text
        JournalPrintJobs(open_shop, 32).mark(again.job_id, PrintOutcome.PRINTED, "")
    assert [(b.transaction_no, b.count) for b in entries(open_shop, EntryKind.REPRINT)] == [
        (number, 1),
        (number, 2),
    ]
    assert job_id not in open_shop.printer.jobs[1:]
    assert open_shop.printer.kicks == 1


def test_a_receipt_that_never_came_out_prints_unmarked(open_shop):
    sell(open_shop, ("W550", 1000))
    again = printing.reprint_last(open_shop)
    assert isinstance(again, printing.PrintQueued)
    again.saved.result()
    assert entries(open_shop, EntryKind.REPRINT) == []


def test_a_receipt_in_doubt_is_not_printed_again_before_somebody_looked(open_shop):
    sell(open_shop, ("W550", 1000))
    job_id = open_shop.printer.jobs[-1]
    JournalPrintJobs(open_shop, 32).mark(job_id, PrintOutcome.UNKNOWN, "not_confirmed")
    open_shop.write(lambda _: None).result()
    number = open_shop.last_transaction_no
    assert printing.print_receipt(open_shop, number).code == "print_in_doubt"
    assert [job.asks for job in printing.queue(open_shop)] == [True]
    printing.resolve_unknown(open_shop, job_id, printed=True)
    assert job_row(open_shop, job_id) == ("PRINTED", 0, "operator")


def test_what_a_person_says_did_not_come_out_is_printed_marked(open_shop):
    sell(open_shop, ("W550", 1000))
    job_id = open_shop.printer.jobs[-1]
    jobs = JournalPrintJobs(open_shop, 32)
    jobs.mark(job_id, PrintOutcome.UNKNOWN, "not_confirmed")
    open_shop.write(lambda _: None).result()
    printing.resolve_unknown(open_shop, job_id, printed=False)
    assert "1 *" in render_text(jobs.load(job_id), 32)
    assert entries(open_shop, EntryKind.REPRINT)[0].count == 1
    assert open_shop.printer.jobs == [job_id, job_id]


def test_nobody_decides_about_a_receipt_that_came_out(open_shop):
    job_id = printed_sale(open_shop)
    assert printing.resolve_unknown(open_shop, job_id, printed=False).code == "not_in_doubt"


def test_with_receipts_on_request_the_cashier_says_yes_or_no(tmp_path):
    till = open_till(tmp_path, receipt__printing="ask")
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    first = sell(till, ("W550", 1000))
    assert till.printer.jobs == []
    assert JournalPrintJobs(till, 32).list_pending() == []
    printing.decline_receipt(till, first.transaction_no).saved.result()
    second = sell(till, ("W550", 1000))
    printing.print_receipt(till, second.transaction_no).saved.result()
    waiting = printing.queue(till)
    later = printing.reprint(till, first.transaction_no)
    later.saved.result()
    jobs = till.printer.jobs
    till.journal.close()
    assert [one.transaction_no for one in waiting] == [second.transaction_no]
    assert len(jobs) == 2


def test_a_shop_that_guards_reprints_asks_for_an_approval(tmp_path):
    till = open_till(tmp_path, rules__preset="counter")
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    printed_sale(till)
    answer = printing.reprint_last(till)
    till.journal.close()
    assert isinstance(answer, NeedsApproval)
    assert answer.right == "receipt.reprint"


def test_a_slip_keeps_its_text_over_a_restart(tmp_path):
    till = open_till(tmp_path)
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    reading = shifts.x_report(till)
    reading.saved.result()
    till.journal.close()
    again = open_till(tmp_path)
    document = JournalPrintJobs(again, 48).load(reading.job_id)
    titles = [job.title for job in printing.queue(again)]
    again.journal.close()
    assert document == reading.document
    assert titles == ["X"]


def test_a_cancelled_slip_is_gone_from_the_list_and_prints_nothing(open_shop):
    done = cash.paid_in(open_shop, 1000, "other")
    done.saved.result()
    print_routing.cancel(open_shop, done.job_id, "by_hand").saved.result()
    assert printing.queue(open_shop) == []
    assert JournalPrintJobs(open_shop, 32).load(done.job_id) is None
    (outcome,) = entries(open_shop, EntryKind.PRINT_OUTCOME)
    assert (outcome.outcome, outcome.detail) == ("cancelled", "by_hand")


def test_nothing_is_printed_when_the_sale_was_not_written(open_shop, monkeypatch):
    checkout.add_item(open_shop, "W550", 1000).saved.result()
    checkout.tender(open_shop, "cash").saved.result()
    monkeypatch.setattr(
        "pos.store.journal.projections.apply",
        lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("disk I/O error")),
    )
    done = checkout.complete(open_shop)
    assert done.saved.exception() is not None
    assert (open_shop.printer.jobs, open_shop.printer.kicks) == ([], 0)


def test_no_byte_goes_out_when_the_disk_does_not_take_the_note(open_shop, monkeypatch):
    sell(open_shop, ("W550", 1000))
    job_id = open_shop.printer.jobs[-1]
    open_shop.journal.close()
    with pytest.raises(DeviceError):
        JournalPrintJobs(open_shop, 32).begin(job_id)


def test_an_unknown_receipt_is_a_refusal(open_shop):
    for answer in (
        printing.print_receipt(open_shop, "0101-20261121-0999"),
        printing.reprint(open_shop, "0101-20261121-0999"),
        printing.receipt_of(open_shop, "0101-20261121-0999"),
        printing.reprint_last(open_shop),
    ):
        assert isinstance(answer, Refusal)


class Gate:
    """The till's printer as the print queue of the drivers is."""

    def __init__(self, queue: PrintQueue) -> None:
        self._queue = queue

    def submit(self, job_id: str) -> None:
        self._queue.submit(job_id)

    def open_drawer(self) -> None: ...

    def resolve(self, job_id: str, *, printed: bool) -> None:
        self._queue.resolve(job_id, printed=printed)

    def retry_now(self) -> None:
        self._queue.retry_now()


@pytest.fixture
def paper(open_shop):
    """A simulated printer behind the real queue, over the real journal."""
    events: list[OutputComplete] = []
    printer = printer_from_url("sim:", PrinterProfile("sim", 32, 384))
    queue = PrintQueue(printer, JournalPrintJobs(open_shop, 32), events.append)
    open_shop.printer = Gate(queue)
    queue.start()
    yield queue, events
    queue.stop()
    printer.close()


def test_a_sale_comes_out_of_the_printer_and_is_known_as_printed(open_shop, paper):
    queue, events = paper
    sell(open_shop, ("W550", 2000))
    open_shop.write(lambda _: None).result()
    assert queue.drain(10)
    assert [event.outcome for event in events] == [PrintOutcome.PRINTED]
    open_shop.write(lambda _: None).result()
    assert printing.queue(open_shop) == []
    assert [b.outcome for b in entries(open_shop, EntryKind.PRINT_OUTCOME)] == ["printed"]


def test_a_reprint_goes_the_same_road(open_shop, paper):
    queue, events = paper
    sell(open_shop, ("W550", 2000))
    open_shop.write(lambda _: None).result()
    assert queue.drain(10)
    open_shop.write(lambda _: None).result()
    printing.reprint_last(open_shop).saved.result()
    open_shop.write(lambda _: None).result()
    assert queue.drain(10)
    assert len(events) == 2


def test_a_document_that_is_none_is_no_slip(open_shop):
    open_shop.journal.run(
        lambda txn: printing.insert_job(txn, "j1", "x", Document((Text("x"),)), 1)
    )
    open_shop.journal.run(
        lambda txn: txn.connection.execute("UPDATE print_job SET document = x'00'").rowcount
    )
    assert JournalPrintJobs(open_shop, 32).load("j1") is None
