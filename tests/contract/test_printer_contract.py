"""What every receipt printer does: in-process, over a serial line, TCP and a device file."""

import time

import pytest

from drivers.document import Barcode, Cut, Document, OpenDrawer, Pair, Rule, Text
from drivers.document_layout import render_text
from drivers.events import DrawerOutcome, PrintOutcome
from drivers.ports import POSPrinter
from tests.contract.benches import PRINTERS, PROFILE

RECEIPT = Document(
    (
        Text("人民路便民超市", align="center", double_height=True),
        Rule(),
        Pair("农夫山泉饮用天然水550ml", "4.00"),
        Pair("合计¥", "4.00", bold=True),
        Barcode("0101-20261121-0042"),
        Cut(),
    )
)


@pytest.fixture(params=sorted(PRINTERS))
def bench(request):
    with PRINTERS[request.param]() as made:
        yield made


def test_it_is_a_printer(bench):
    assert isinstance(bench.printer, POSPrinter)


def test_a_ready_printer_prints_what_the_preview_shows(bench):
    report = bench.printer.print_document(RECEIPT, "job-1")

    assert report.outcome is PrintOutcome.PRINTED
    assert bench.far.wait_for_receipts(1)
    receipt = bench.far.receipts()[0]
    assert receipt.text + "[cut]\n" == render_text(RECEIPT, PROFILE.columns)
    assert receipt.barcodes == ("0101-20261121-0042",)
    assert bench.far.model.garbage == ()


def test_jobs_follow_one_another_and_copies_are_cut_apart(bench):
    assert bench.printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    twice = Document(RECEIPT.elements, copies=2)

    assert bench.printer.print_document(twice, "job-2").outcome is PrintOutcome.PRINTED
    assert len(bench.far.receipts()) == 3


def test_without_paper_nothing_is_sent(bench):
    bench.far.run_out_of_paper()
    begun = []

    report = bench.printer.print_document(RECEIPT, "job-1", lambda: begun.append(1))

    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "paper_end")
    assert "roll" in report.hint
    assert begun == []
    bench.far.load_paper()
    assert bench.far.receipts() == ()


def test_with_the_cover_open_nothing_is_sent(bench):
    bench.far.open_cover()

    report = bench.printer.print_document(RECEIPT, "job-1")

    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "cover_open")


def test_paper_that_ends_within_a_receipt_holds_it_and_a_new_roll_prints_it_once(bench):
    bench.far.run_out_after_lines(2)

    report = bench.printer.print_document(RECEIPT, "job-1")

    assert report.outcome is PrintOutcome.HELD
    assert bench.printer.confirm("job-1").outcome is PrintOutcome.HELD
    bench.far.load_paper()
    deadline = time.monotonic() + 3
    while bench.printer.confirm("job-1").outcome is not PrintOutcome.PRINTED:
        assert time.monotonic() < deadline
    assert len(bench.far.receipts()) == 1


def test_a_dead_printer_is_never_taken_for_a_good_one(bench):
    bench.far.die()

    assert not bench.printer.status().known
    report = bench.printer.print_document(RECEIPT, "job-1")
    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "no_answer")


def test_nonsense_is_never_taken_for_good_news(bench):
    bench.far.talk_nonsense()

    assert not bench.printer.status().ready
    assert bench.printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.NOT_SENT


def test_status_tells_paper_cover_and_readiness(bench):
    assert bench.printer.status().ready
    bench.far.model.paper_low = True
    status = bench.printer.status()
    assert status.paper_near_end
    assert status.ready
    bench.far.open_cover()
    status = bench.printer.status()
    assert (status.cover_open, status.online, status.ready) == (True, False, False)


def test_the_drawer_opens_when_the_printer_is_online(bench):
    assert bench.printer.open_drawer().outcome is DrawerOutcome.KICKED
    assert bench.far.drawer_kicks == (2,)


def test_the_drawer_is_refused_when_the_printer_is_offline_and_does_not_open_later(bench):
    bench.far.go_offline()

    report = bench.printer.open_drawer()

    assert (report.outcome, report.code) == (DrawerOutcome.REFUSED, "offline")
    bench.far.go_online()
    assert bench.printer.status().online
    assert bench.far.drawer_kicks == ()


def test_a_document_never_opens_the_drawer_by_itself(bench):
    document = Document((Text("hello"), OpenDrawer(), Cut()))

    assert bench.printer.print_document(document, "job-1").outcome is PrintOutcome.PRINTED
    assert bench.far.drawer_kicks == ()


def test_no_text_can_command_the_printer(bench):
    document = Document((Text("\x1bp\x00\x32\x32注入\x1dV\x00\x10\x14\x01\x00\x05"), Cut()))

    assert bench.printer.print_document(document, "job-1").outcome is PrintOutcome.PRINTED
    assert bench.far.drawer_kicks == ()
    assert [line.text for line in bench.far.receipts()[0].lines] == ["p22注入V"]


@pytest.mark.parametrize("kind", ["file", "in-process", "serial"])
def test_a_printer_that_was_unplugged_is_missing_and_works_again_when_plugged_in(kind):
    with PRINTERS[kind]() as bench:
        unplug_and_replug(bench)


def unplug_and_replug(bench):
    assert bench.printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    bench.far.unplug()

    report = bench.printer.print_document(RECEIPT, "job-2")

    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "no_hardware")
    bench.far.replug()
    assert bench.printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
    assert len(bench.far.receipts()) == 2
