"""What every label printer does: TSPL and ZPL, in-process, serial, TCP and a device file."""

import time

import pytest

from drivers.document import Document, Text
from drivers.events import DrawerOutcome, PrintOutcome
from drivers.label import Label, LabelField
from drivers.ports import POSPrinter
from tests.contract.label_benches import LABEL_PRINTERS

CARD = Label(
    40,
    30,
    (
        LabelField(10, 10, "农夫山泉饮用天然水", size=1),
        LabelField(10, 60, "¥2.00", size=2),
        LabelField(10, 150, "6901234567892", symbology="EAN13"),
    ),
)
JOB = Document((CARD,), title="card")


@pytest.fixture(params=[f"{name}-{one}" for name in LABEL_PRINTERS for one in ("tspl", "zpl")])
def bench(request):
    name, language = request.param.split("-")
    with LABEL_PRINTERS[name](language) as made:
        yield made


def test_it_is_a_printer(bench):
    assert isinstance(bench.printer, POSPrinter)


def test_a_ready_printer_prints_the_label_as_it_was_said(bench):
    report = bench.printer.print_document(JOB, "job-1")

    assert report.outcome is PrintOutcome.PRINTED
    assert bench.far.wait_for_receipts(1)
    label = bench.far.receipts()[0]
    texts = [(one.x, one.y, one.text, one.size) for one in label.fields if not one.symbology]
    assert texts == [(8, 8, "农夫山泉饮用天然水", 1), (8, 48, "￥2.00", 2)]
    assert [one.symbology for one in label.fields] == ["", "", "EAN13"]
    assert label.fields[2].text.startswith("690123456789")
    assert bench.far.model.garbage == []


def test_copies_come_out_one_after_the_other(bench):
    many = Document((Label(40, 30, CARD.fields, copies=3), CARD))

    assert bench.printer.print_document(many, "job-1").outcome is PrintOutcome.PRINTED
    assert len(bench.far.receipts()) == 4


@pytest.mark.parametrize(
    ("fault", "mend", "code"),
    [
        ("run_out_of_paper", "load_paper", "paper_end"),
        ("open_cover", "close_cover", "cover_open"),
        ("go_offline", "go_online", "offline"),
    ],
)
def test_a_printer_that_is_not_ready_gets_nothing(bench, fault, mend, code):
    getattr(bench.far, fault)()
    begun = []

    report = bench.printer.print_document(JOB, "job-1", lambda: begun.append(1))

    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, code)
    assert begun == []
    getattr(bench.far, mend)()
    assert bench.far.receipts() == ()
    assert bench.printer.print_document(JOB, "job-1").outcome is PrintOutcome.PRINTED


def test_labels_that_end_within_a_job_hold_it_and_a_new_roll_prints_the_rest_once(bench):
    bench.far.run_out_after_lines(1)
    many = Document((Label(40, 30, CARD.fields, copies=3),))

    report = bench.printer.print_document(many, "job-1")

    assert (report.outcome, report.code) == (PrintOutcome.HELD, "paper_end")
    assert bench.printer.confirm("job-1").outcome is PrintOutcome.HELD
    bench.far.load_paper()
    deadline = time.monotonic() + 3
    while bench.printer.confirm("job-1").outcome is not PrintOutcome.PRINTED:
        assert time.monotonic() < deadline
    assert len(bench.far.receipts()) == 3


def test_a_held_job_of_a_printer_that_was_off_meanwhile_is_never_taken_for_printed(bench):
    bench.far.run_out_after_lines(1)
    many = Document((Label(40, 30, CARD.fields, copies=3),))
    assert bench.printer.print_document(many, "job-1").outcome is PrintOutcome.HELD
    bench.far.die()
    assert bench.printer.confirm("job-1").outcome is PrintOutcome.HELD
    bench.far.power_cycle()
    bench.far.recover()

    report = bench.printer.confirm("job-1")

    assert (report.outcome, report.code) == (PrintOutcome.UNKNOWN, "not_confirmed")
    assert len(bench.far.receipts()) == 1  # what had come out before the roll ended


def test_a_job_held_before_a_restart_is_in_doubt(bench):
    report = bench.printer.confirm("job-of-yesterday")

    assert (report.outcome, report.code) == (PrintOutcome.UNKNOWN, "not_confirmed")


def test_another_job_that_cannot_be_sent_does_not_lose_sight_of_the_held_one(bench):
    bench.far.run_out_after_lines(1)
    many = Document((Label(40, 30, CARD.fields, copies=3),))
    assert bench.printer.print_document(many, "job-1").outcome is PrintOutcome.HELD
    assert bench.printer.print_document(JOB, "job-2").outcome is PrintOutcome.NOT_SENT
    bench.far.load_paper()

    assert bench.printer.confirm("job-1").outcome is PrintOutcome.PRINTED


def test_a_dead_printer_is_never_taken_for_a_good_one(bench):
    bench.far.die()

    assert not bench.printer.status().known
    report = bench.printer.print_document(JOB, "job-1")
    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "no_answer")


def test_nonsense_is_never_taken_for_good_news(bench):
    bench.far.talk_nonsense()

    assert not bench.printer.status().ready
    assert bench.printer.print_document(JOB, "job-1").outcome is PrintOutcome.NOT_SENT


def test_silence_after_sending_leaves_the_job_unknown(bench):
    report = bench.printer.print_document(JOB, "job-1", bench.far.fall_silent)

    assert (report.outcome, report.code) == (PrintOutcome.UNKNOWN, "not_confirmed")


def test_it_opens_no_drawer_and_prints_no_receipts(bench):
    assert bench.printer.open_drawer().outcome is DrawerOutcome.REFUSED
    report = bench.printer.print_document(Document((Text("a receipt"),)), "job-1")

    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "illegal")
    assert bench.far.raw == b""


def test_no_text_can_command_the_printer(bench):
    name = '"\r\nPRINT 9,9\r\n^XZ^XA~JA\\["]\x1b!R'
    hostile = Document(
        (Label(100, 30, (LabelField(0, 0, name), LabelField(0, 99, name, 1, "CODE128"))),)
    )

    assert bench.printer.print_document(hostile, "job-1").outcome is PrintOutcome.PRINTED
    assert len(bench.far.receipts()) == 1
    assert bench.far.model.garbage == []


@pytest.mark.parametrize("kind", ["device_file", "serial"])
@pytest.mark.parametrize("language", ["tspl", "zpl"])
def test_an_unplugged_printer_is_missing_and_works_again_when_plugged_in(kind, language):
    with LABEL_PRINTERS[kind](language) as bench:
        assert bench.printer.print_document(JOB, "job-1").outcome is PrintOutcome.PRINTED
        bench.far.unplug()
        report = bench.printer.print_document(JOB, "job-2")
        assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "no_hardware")
        bench.far.replug()
        assert bench.printer.print_document(JOB, "job-2").outcome is PrintOutcome.PRINTED
