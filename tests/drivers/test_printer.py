"""The ESC/POS driver under the faults of real printers, each with its control."""

import threading
import time
from typing import Any

import pytest

from drivers.document import Cut, Document, Pair, Text
from drivers.escpos.capabilities import Capabilities, FileMemory
from drivers.escpos.compiler import compile_document
from drivers.escpos.decoder import read_paper
from drivers.escpos.fonts import find_font
from drivers.escpos.printer import DRAWER_DEADLINE_S, EscposPrinter, PrinterEvent
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.simulated import PrinterModel
from drivers.events import DrawerEvent, DrawerOutcome, PrinterStatusEvent, PrintOutcome
from drivers.fakes import LoopbackTransport, PtyPrinter, SimulatedPrinter, TcpPrinter
from drivers.registry import printer_from_url

RECEIPT = Document((Text("人民路便民超市"), Pair("合计", "4.00"), Cut()))
LONG = Document((*(Pair(f"农夫山泉饮用天然水{n}", "4.00") for n in range(400)), Cut()))


def profile(**changes: Any) -> PrinterProfile:
    known: dict[str, Any] = {
        "name": "test",
        "columns": 32,
        "dots": 384,
        "status_timeout_ms": 300,
        "write_timeout_ms": 400,
        "fence_timeout_ms": 600,
        "bytes_per_second": 1_000_000,
    }
    return PrinterProfile(**(known | changes))


def loopback(far, **changes):
    return EscposPrinter(lambda: LoopbackTransport(far), profile(**changes))


def test_a_printer_that_falls_silent_after_the_status_leaves_the_job_unknown():
    far = SimulatedPrinter(32)
    printer = loopback(far)
    silence = lambda: setattr(far.model, "silent", True)  # noqa: E731

    report = printer.print_document(RECEIPT, "job-1", silence)

    assert (report.outcome, report.code) == (PrintOutcome.UNKNOWN, "not_confirmed")
    assert len(far.receipts()) == 1  # it was printed; nobody could know


def test_its_control_with_answers_is_printed():
    assert (
        loopback(SimulatedPrinter(32)).print_document(RECEIPT, "job-1").outcome
        is PrintOutcome.PRINTED
    )


def test_a_printer_that_echoes_job_numbers_is_believed_by_them():
    far = SimulatedPrinter(32)
    printer = loopback(far, fence="gs_h")

    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    assert b"\x1d(H" in far.raw


def test_a_printer_without_job_numbers_is_found_out_once_and_remembered():
    far = SimulatedPrinter(32, PrinterModel(32, echoes_process_id=False))
    printer = loopback(far, fence="gs_h")

    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    first = far.raw.count(b"\x1d(H")
    started = time.monotonic()
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
    assert time.monotonic() - started < 0.5
    assert (first, far.raw.count(b"\x1d(H")) == (1, 1)


@pytest.mark.parametrize(
    ("trust", "outcome"), [(True, PrintOutcome.PRINTED), (False, PrintOutcome.UNKNOWN)]
)
def test_a_file_that_only_takes_bytes_is_believed_only_when_the_profile_says_so(
    tmp_path, trust, outcome
):
    path = tmp_path / "lp0"
    path.touch()
    printer = printer_from_url(
        f"file:{path}", profile(status="none", fence="none", trust_write=trust)
    )

    assert printer.print_document(RECEIPT, "job-1").outcome is outcome
    assert "合计".encode("gbk") in path.read_bytes()


def test_a_plain_file_is_printed_to_without_being_asked(tmp_path):
    path = tmp_path / "receipts.bin"
    path.touch()
    printer = printer_from_url(f"file:{path}", profile())

    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
    assert len(read_paper(path.read_bytes(), 32).receipts) == 2


def test_a_printer_said_not_to_answer_is_not_asked():
    with PtyPrinter(columns=32) as far:
        far.die()
        printer = printer_from_url(far.url + "?status=none", profile())

        assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
        printer.close()
        assert far.wait_for(lambda model: bytes(model.raw).endswith(b"\x1dV\x01"))
        assert b"\x10\x04" not in far.raw


def test_a_status_fence_believes_an_online_printer():
    assert (
        loopback(SimulatedPrinter(32), fence="status").print_document(RECEIPT, "job-1").outcome
        is PrintOutcome.PRINTED
    )


def test_nothing_at_the_address_is_not_sent(tmp_path):
    with TcpPrinter() as gone:
        url = gone.url
    for where, code in (
        (url, "refused"),
        (f"serial:{tmp_path}/none", "no_hardware"),
        (f"file:{tmp_path}/none", "no_hardware"),
    ):
        report = printer_from_url(where, profile()).print_document(RECEIPT, "job-1")
        assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, code)


@pytest.mark.parametrize("kind", [PtyPrinter, TcpPrinter])
def test_a_cable_pulled_in_the_middle_leaves_the_job_unknown(kind):
    with kind(columns=32) as far:
        printer = printer_from_url(far.url, profile())
        pull = lambda: setattr(far, "unplug_after", 200)  # noqa: E731

        report = printer.print_document(LONG, "job-1", pull)

        assert report.outcome is PrintOutcome.UNKNOWN
        assert report.code in {"partial", "connection_lost"}
        far.replug()
        assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
        printer.close()


def test_a_line_that_does_not_move_times_out_and_the_rest_does_not_come_later():
    huge = Document(LONG.elements * 10)
    size = len(compile_document(huge, profile()))
    with PtyPrinter(columns=32) as far:
        printer = printer_from_url(far.url, profile())
        stall = lambda: setattr(far, "stalled", True)  # noqa: E731
        started = time.monotonic()

        report = printer.print_document(huge, "job-1", stall)

        assert (report.outcome, report.code) == (PrintOutcome.UNKNOWN, "partial")
        assert time.monotonic() - started < 3
        far.stalled = False
        assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
        assert len(far.raw) < size / 2
        printer.close()


def test_a_slow_printer_is_waited_for():
    with PtyPrinter(columns=32) as far:
        far.bytes_per_second = 12_000
        printer = printer_from_url(far.url, profile(bytes_per_second=900, write_timeout_ms=3000))

        assert printer.print_document(LONG, "job-1").outcome is PrintOutcome.PRINTED
        printer.close()


def test_a_held_job_is_printed_once_and_the_next_one_follows():
    far = SimulatedPrinter(32)
    printer = loopback(far)
    far.run_out_after_lines(1)

    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.HELD
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.NOT_SENT
    far.load_paper()
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
    assert printer.confirm("job-1").outcome is PrintOutcome.PRINTED
    assert len(far.receipts()) == 2


def until_not_held(printer, job_id):
    """What a held job comes to; a real printer answers within a moment."""
    deadline = time.monotonic() + 3
    while (report := printer.confirm(job_id)).outcome is PrintOutcome.HELD:
        assert time.monotonic() < deadline, report
        time.sleep(0.01)
    return report.outcome, report.code


DOUBTFUL = (PrintOutcome.UNKNOWN, "not_confirmed")


@pytest.mark.parametrize("fence", ["gs_h", "gs_r", "status"])
def test_a_held_job_that_a_power_cut_erased_is_never_taken_for_printed(fence):
    far = SimulatedPrinter(32)
    printer = loopback(far, fence=fence, fence_timeout_ms=700, bytes_per_second=100_000)
    far.run_out_after_lines(1)
    jam = (lambda: setattr(far.model, "offline", True)) if fence == "status" else None
    assert printer.print_document(RECEIPT, "job-1", jam).outcome is PrintOutcome.HELD
    assert printer.confirm("job-1").outcome is PrintOutcome.HELD
    far.power_cycle()
    far.recover()

    assert until_not_held(printer, "job-1") == DOUBTFUL
    assert far.receipts() == () or far.receipts()[0].cut == "none"
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED


def test_a_printer_without_a_fence_cannot_say_that_a_held_job_came_out_so_a_person_is_asked():
    far = SimulatedPrinter(32)
    printer = loopback(far, fence="status", bytes_per_second=100_000)
    jam = lambda: setattr(far.model, "offline", True)  # noqa: E731
    assert printer.print_document(RECEIPT, "job-1", jam).outcome is PrintOutcome.HELD
    far.go_online()

    assert far.wait_for_receipts(1)  # it did come out; nobody can know it from here
    assert until_not_held(printer, "job-1") == DOUBTFUL


def test_an_erased_held_job_is_not_confused_with_the_next():
    far = SimulatedPrinter(32)
    printer = loopback(far)
    far.run_out_after_lines(1)
    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.HELD
    far.power_cycle()
    far.load_paper()

    assert printer.confirm("job-1").outcome is PrintOutcome.HELD
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
    assert until_not_held(printer, "job-1") == DOUBTFUL


def test_after_a_broken_connection_a_held_job_is_in_doubt_once_the_printer_is_well():
    with TcpPrinter(columns=32) as far:
        printer = printer_from_url(far.url, profile())
        far.run_out_after_lines(1)
        assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.HELD
        far.unplug()

        assert printer.confirm("job-1").outcome is PrintOutcome.HELD
        assert printer.confirm("job-1").code == "paper_end"
        far.load_paper()
        assert until_not_held(printer, "job-1") == DOUBTFUL
        assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED


def test_a_job_held_before_a_restart_is_in_doubt_once_the_printer_is_well():
    far = SimulatedPrinter(32)
    far.run_out_of_paper()
    printer = loopback(far)

    assert printer.confirm("job-of-yesterday").outcome is PrintOutcome.HELD
    far.load_paper()
    assert until_not_held(printer, "job-of-yesterday") == DOUBTFUL


def test_a_forgotten_job_is_dropped_by_a_printer_that_can():
    far = SimulatedPrinter(32)
    printer = loopback(far, clear_buffer=True)
    far.run_out_after_lines(1)
    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.HELD
    printer.forget("job-1")
    far.load_paper()

    assert [receipt.cut for receipt in far.receipts()] == ["none"]  # the torn beginning


def test_each_network_job_has_its_own_connection():
    with TcpPrinter(columns=32) as far:
        printer = printer_from_url(far.url, profile())
        for number in range(3):
            assert printer.print_document(RECEIPT, str(number)).outcome is PrintOutcome.PRINTED

        assert far.connections == 3


def test_a_kick_waits_for_the_printer_no_longer_than_three_seconds(monkeypatch):
    monkeypatch.setattr("drivers.escpos.printer.DRAWER_DEADLINE_S", 0.2)
    far = SimulatedPrinter(32)
    printer = loopback(far)
    with printer._lock:
        report = printer.request_drawer().result(5)

    assert (report.outcome, report.code) == (DrawerOutcome.REFUSED, "drawer_late")
    assert far.drawer_kicks == ()
    assert DRAWER_DEADLINE_S == 3.0
    assert printer.request_drawer().result(5).outcome is DrawerOutcome.KICKED
    printer.close()


def test_a_kick_to_a_stalled_line_never_runs_late():
    with PtyPrinter(columns=32) as far:
        printer = printer_from_url(far.url, profile())
        far.stalled = True

        report = printer.open_drawer()

        assert (report.outcome, report.code) == (DrawerOutcome.REFUSED, "no_answer")
        far.stalled = False
        assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
        assert far.drawer_kicks == ()
        printer.close()


class ClosingTransport(LoopbackTransport):
    """Falls silent after the status, and notes that it was told to drop what has not left."""

    def __init__(self, far, closed):
        super().__init__(far)
        self.far, self.closed = far, closed

    def write(self, data, timeout_s):
        if data.startswith(b"\x1bp"):
            self.far.model.silent = True
        super().write(data, timeout_s)

    def close(self):
        self.closed.append(True)
        super().close()


def test_a_pulse_that_is_not_confirmed_is_taken_back_as_far_as_it_can_be():
    far = SimulatedPrinter(32)
    closed: list[bool] = []
    printer = EscposPrinter(lambda: ClosingTransport(far, closed), profile())

    report = printer.open_drawer()

    assert (report.outcome, report.code) == (DrawerOutcome.UNKNOWN, "drawer_not_confirmed")
    assert closed == [True]


def test_a_printer_without_a_drawer_refuses():
    report = loopback(SimulatedPrinter(32), drawer_pin=0).open_drawer()

    assert (report.outcome, report.code) == (DrawerOutcome.REFUSED, "illegal")


def test_the_drawer_stands_open_by_its_polarity():
    far = SimulatedPrinter(32)
    assert loopback(far).drawer_opened() is False
    assert loopback(far, drawer_open_is_high=False).drawer_opened() is True
    far.die()
    assert loopback(far).drawer_opened() is None


def test_changes_of_state_and_drawer_requests_are_told_once():
    far = SimulatedPrinter(32)
    heard: list[PrinterEvent] = []
    printer = EscposPrinter(lambda: LoopbackTransport(far), profile(), on_event=heard.append)

    printer.status()
    printer.status()
    far.run_out_of_paper()
    printer.status()
    printer.open_drawer()

    assert [type(event) for event in heard] == [
        PrinterStatusEvent,
        PrinterStatusEvent,
        DrawerEvent,
    ]
    assert [event.detail for event in heard] == ["", "paper_end", "paper_end"]


def test_calls_from_many_threads_come_out_one_after_the_other():
    far = SimulatedPrinter(32)
    printer = loopback(far)
    outcomes = []
    threads = [
        threading.Thread(
            target=lambda n=n: outcomes.append(printer.print_document(RECEIPT, str(n)).outcome)
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert outcomes == [PrintOutcome.PRINTED] * 8
    assert {receipt.text for receipt in far.receipts()} == {far.receipts()[0].text}
    assert len(far.receipts()) == 8


def test_characters_that_cannot_be_printed_are_reported():
    report = loopback(SimulatedPrinter(32)).print_document(Document((Text("𠮷野家"), Cut())), "1")

    assert report.substitutions == 1


@pytest.mark.parametrize("foreign", [b"AAAA", b"    ", b"\x21\x21\x21\x21"])
def test_a_number_that_is_not_the_jobs_own_is_no_proof(foreign):
    far = SimulatedPrinter(32, PrinterModel(32, echo_always=foreign, answers_in_order=False))
    printer = loopback(far, fence="gs_h")
    jam = lambda: setattr(far.model, "offline", True)  # noqa: E731

    held = printer.print_document(RECEIPT, "job-1", jam)

    assert held.outcome is PrintOutcome.HELD
    assert far.receipts() == ()


def test_a_clone_that_echoes_one_number_for_ever_is_asked_the_other_way_from_then_on():
    far = SimulatedPrinter(32, PrinterModel(32, echo_always=b"AAAA"))
    printer = loopback(far, fence="gs_h")

    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
    assert far.raw.count(b"\x1d(H") == 1


@pytest.mark.parametrize("kind", [PtyPrinter, TcpPrinter])
def test_what_a_device_can_do_outlives_the_program(kind, tmp_path):
    model = PrinterModel(32, echoes_process_id=False)
    with kind(columns=32, model=model) as far:
        url = far.url
        for number in range(3):
            memory = FileMemory(tmp_path / "printers.json", url)
            printer = printer_from_url(far.url, profile(fence="gs_h"), memory=memory)
            report = printer.print_document(RECEIPT, str(number))
            assert report.outcome is PrintOutcome.PRINTED
            printer.close()

        assert far.raw.count(b"\x1d(H") == 1
    other = FileMemory(tmp_path / "printers.json", "tcp:other")
    assert other.recall() == Capabilities()
    other.remember(Capabilities(process_id=True))
    assert FileMemory(tmp_path / "printers.json", url).recall() == Capabilities(
        process_id=False, ordered=True
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"d": 3}', '{"d": {"ordered": "yes"}}', "\xff"])
def test_a_spoilt_memory_is_found_out_anew(tmp_path, text):
    (tmp_path / "printers.json").write_bytes(text.encode("latin-1"))
    memory = FileMemory(tmp_path / "printers.json", "d")

    assert memory.recall() == Capabilities()
    memory.remember(Capabilities(ordered=True))
    assert memory.recall() == Capabilities(ordered=True)
    FileMemory(tmp_path / "missing" / "printers.json", "d").remember(Capabilities())


@pytest.mark.parametrize("kind", [PtyPrinter, TcpPrinter])
def test_a_printer_without_any_fence_is_judged_by_its_status_and_remembered(kind):
    model = PrinterModel(32, echoes_process_id=False, answers_in_order=False)
    with kind(columns=32, model=model) as far:
        printer = printer_from_url(far.url, profile(fence="gs_h"))
        assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
        asked = far.raw.count(b"\x1dr\x01")
        started = time.monotonic()

        assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.PRINTED
        assert time.monotonic() - started < 0.5
        assert far.raw.count(b"\x1dr\x01") == asked
        far.run_out_after_lines(1)
        assert printer.print_document(RECEIPT, "job-3").outcome is PrintOutcome.HELD
        far.load_paper()
        assert until_not_held(printer, "job-3") == DOUBTFUL
        assert len(far.receipts()) == 3
        printer.close()


def test_a_printer_that_echoed_and_was_replaced_is_found_out_anew():
    far = SimulatedPrinter(32)
    printer = loopback(far, fence="gs_h")
    assert printer.print_document(RECEIPT, "job-1").outcome is PrintOutcome.PRINTED
    far.model.echoes_process_id = False

    assert printer.print_document(RECEIPT, "job-2").outcome is PrintOutcome.UNKNOWN
    assert printer.print_document(RECEIPT, "job-3").outcome is PrintOutcome.PRINTED


@pytest.mark.parametrize(
    ("fault", "mend", "code"),
    [
        ("run_out_of_paper", "load_paper", "paper_end"),
        ("open_cover", "close_cover", "cover_open"),
        ("go_offline", "go_online", "offline"),
        ("jam_cutter", "free_cutter", "cutter_error"),
    ],
)
@pytest.mark.parametrize("kind", [PtyPrinter, TcpPrinter])
def test_each_trouble_has_its_message_and_ends_by_itself(kind, fault, mend, code):
    with kind(columns=32) as far:
        printer = printer_from_url(far.url, profile())
        getattr(far, fault)()

        before = printer.print_document(RECEIPT, "job-1")
        assert (before.outcome, before.code) == (PrintOutcome.NOT_SENT, code)
        assert before.hint
        getattr(far, mend)()
        during = printer.print_document(RECEIPT, "job-1", getattr(far, fault))
        assert (during.outcome, during.code) == (PrintOutcome.HELD, code)
        getattr(far, mend)()
        deadline = time.monotonic() + 3
        while printer.confirm("job-1").outcome is not PrintOutcome.PRINTED:
            assert time.monotonic() < deadline
        assert len(far.receipts()) == 1
        printer.close()


def test_a_printer_without_chinese_glyphs_draws_its_lines():
    far = SimulatedPrinter(32)
    report = loopback(far, raster=True, chinese_rom=False).print_document(RECEIPT, "job-1")

    if find_font() is None:
        assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "no_font")
    else:
        assert report.outcome is PrintOutcome.PRINTED
        image = far.receipts()[0].lines[0]
        assert len(image.dots) == image.width_bytes * 60


def test_a_font_that_is_missing_is_said_and_nothing_is_sent(tmp_path):
    far = SimulatedPrinter(32)
    printer = loopback(far, raster=True, font=str(tmp_path / "none.ttf"))

    report = printer.print_document(RECEIPT, "job-1")

    assert (report.outcome, report.code) == (PrintOutcome.NOT_SENT, "no_font")
    assert far.raw == b""
