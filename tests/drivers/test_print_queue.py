"""The print queue sends again only what is certain not to have been sent."""

import threading
import time
from dataclasses import replace

import pytest

from drivers.document import Cut, Document, Text
from drivers.escpos.printer import EscposPrinter
from drivers.events import PrintOutcome
from drivers.fakes import FakePrinter, LoopbackTransport, SimulatedPrinter
from drivers.print_queue import JobState, PendingJob, PrintQueue
from tests.contract.benches import PROFILE


class Store:
    """Keeps jobs in memory, and every write in order."""

    def __init__(self):
        self.documents = {}
        self.states = {}
        self.log = []

    def add(self, job_id, text="receipt", state=JobState.PENDING):
        self.documents[job_id] = Document((Text(f"{text} {job_id}"), Cut()))
        self.states[job_id] = state

    def list_pending(self):
        return [PendingJob(one, state) for one, state in self.states.items() if state != "printed"]

    def load(self, job_id):
        return self.documents.get(job_id)

    def begin(self, job_id):
        self.states[job_id] = JobState.SENDING
        self.log.append((job_id, "begin"))

    def mark(self, job_id, outcome, detail):
        self.states[job_id] = (
            outcome.value if outcome is PrintOutcome.PRINTED else JobState(outcome.value)
        )
        self.log.append((job_id, outcome.value))


class Bench:
    def __init__(self, printer, store=None):
        self.store = store or Store()
        self.printer = printer
        self.events = []
        self.heard = threading.Condition()
        self.queue = PrintQueue(
            printer, self.store, self.hear, backoff_s=(0.02,), confirm_every_s=0.02
        )

    def hear(self, event):
        with self.heard:
            self.events.append(event)
            self.heard.notify_all()

    def until(self, job_id, outcome, timeout_s=5):
        def there():
            return any((e.job_id, e.outcome) == (job_id, outcome) for e in self.events)

        with self.heard:
            assert self.heard.wait_for(there, timeout_s), self.events

    def submit(self, job_id):
        self.store.add(job_id)
        self.queue.submit(job_id, self.store.documents[job_id])

    def texts(self):
        return [receipt.lines[0].text for receipt in self.printer.receipts()]


@pytest.fixture
def bench():
    made = Bench(FakePrinter(PROFILE))
    made.queue.start()
    yield made
    made.queue.stop()


def test_jobs_print_in_order_and_are_noted_before_and_after(bench):
    for job in "abc":
        bench.submit(job)
    assert bench.queue.drain(5)

    assert bench.texts() == ["receipt a", "receipt b", "receipt c"]
    assert bench.store.log[:2] == [("a", "begin"), ("a", "printed")]


def test_a_job_that_was_not_sent_is_sent_again_by_itself(bench):
    bench.printer.run_out_of_paper()
    bench.submit("a")
    bench.submit("b")
    bench.until("a", PrintOutcome.NOT_SENT)
    assert bench.texts() == []

    bench.printer.load_paper()
    bench.until("b", PrintOutcome.PRINTED)

    assert bench.texts() == ["receipt a", "receipt b"]
    assert bench.store.log.count(("a", "not_sent")) == 1  # told once, however often it was tried
    assert ("a", "begin") in bench.store.log


def test_a_held_job_is_never_sent_again_and_is_printed_when_the_printer_says_so(bench):
    bench.printer.run_out_after_lines(1)
    bench.submit("a")
    bench.until("a", PrintOutcome.HELD)
    assert bench.queue.unresolved == {"a": "paper_end"}

    bench.printer.load_paper()
    bench.until("a", PrintOutcome.PRINTED)

    assert bench.printer.jobs == ["a"]
    assert bench.texts() == ["receipt a"]
    assert bench.queue.unresolved == {}


def silent_bench():
    far = SimulatedPrinter(PROFILE.columns)
    bench = Bench(EscposPrinter(lambda: LoopbackTransport(far), PROFILE))
    begin = bench.store.begin

    def begin_and_fall_silent(job_id):
        begin(job_id)
        far.model.silent = True

    bench.store.begin = begin_and_fall_silent  # type: ignore[method-assign]
    return bench, far


def test_an_unknown_job_waits_for_a_person():
    bench, far = silent_bench()
    bench.queue.start()
    bench.submit("a")
    bench.until("a", PrintOutcome.UNKNOWN)
    far.recover()
    bench.store.begin = lambda _: None
    bench.submit("b")
    bench.until("b", PrintOutcome.PRINTED)

    assert len(far.receipts()) == 2  # a came out and was not sent again
    bench.queue.resolve("a", printed=True)
    bench.until("a", PrintOutcome.PRINTED)
    assert bench.queue.unresolved == {}
    bench.queue.stop()


def test_an_unknown_job_that_did_not_come_out_is_printed_again_as_the_store_gives_it():
    bench, far = silent_bench()
    bench.queue.start()
    bench.submit("a")
    bench.until("a", PrintOutcome.UNKNOWN)
    far.recover()
    bench.store.begin = lambda _: None
    bench.store.documents["a"] = Document((Text("* reprint 1 *"), Cut()))

    bench.queue.resolve("a", printed=False)
    bench.until("a", PrintOutcome.PRINTED)

    assert far.receipts()[-1].lines[0].text == "* reprint 1 *"
    bench.queue.stop()


def test_after_a_restart_only_what_was_certainly_not_sent_is_sent():
    store = Store()
    store.add("pending")
    store.add("failed", state=JobState.NOT_SENT)
    store.add("begun", state=JobState.SENDING)
    store.add("held", state=JobState.HELD)
    store.add("unknown", state=JobState.UNKNOWN)
    bench = Bench(FakePrinter(PROFILE), store)
    bench.queue.start()
    bench.until("failed", PrintOutcome.PRINTED)
    bench.queue.stop()

    assert bench.printer.jobs == ["pending", "failed"]
    assert bench.queue.unresolved.keys() == {"begun", "held", "unknown"}
    assert store.states["begun"] is JobState.UNKNOWN


def test_a_held_job_that_the_printer_cannot_tell_of_is_asked_about_once_and_never_sent_again():
    far = SimulatedPrinter(PROFILE.columns)
    blind = replace(PROFILE, fence="status", bytes_per_second=100_000)
    bench = Bench(EscposPrinter(lambda: LoopbackTransport(far), blind))
    begin = bench.store.begin

    def begin_and_go_offline(job_id):
        begin(job_id)
        far.go_offline()

    bench.store.begin = begin_and_go_offline
    bench.queue.start()
    bench.submit("a")
    bench.until("a", PrintOutcome.HELD)
    far.power_cycle()
    far.go_online()
    bench.until("a", PrintOutcome.UNKNOWN)
    bench.store.begin = begin
    bench.submit("b")
    bench.until("b", PrintOutcome.PRINTED)
    bench.queue.stop()

    assert bench.queue.unresolved == {"a": "not_confirmed"}
    assert [e.outcome for e in bench.events if e.job_id == "a"] == [
        PrintOutcome.HELD,
        PrintOutcome.UNKNOWN,
    ]
    assert [receipt.lines[0].text for receipt in far.receipts()] == ["receipt b"]
    assert bench.store.states["a"] is JobState.UNKNOWN


def test_a_job_that_the_store_does_not_know_does_not_stop_the_others(bench):
    bench.queue.submit("ghost")
    bench.submit("a")
    bench.until("a", PrintOutcome.PRINTED)

    assert bench.printer.jobs == ["a"]


def test_the_printer_is_reached_within_five_milliseconds_of_the_submission():
    class Clocked(FakePrinter):
        at = 0.0

        def print_document(self, *arguments):
            self.at = time.perf_counter()
            return super().print_document(*arguments)

    printer = Clocked(PROFILE)
    bench = Bench(printer)
    bench.queue.start()
    times = []
    for number in range(20):
        started = time.perf_counter()
        bench.submit(str(number))
        assert bench.queue.drain(5)
        times.append(printer.at - started)
    bench.queue.stop()

    assert sorted(times)[10] < 0.005


def test_stopping_leaves_what_waits_in_the_store(bench):
    bench.printer.open_cover()
    bench.submit("a")
    bench.until("a", PrintOutcome.NOT_SENT)
    bench.queue.stop()

    assert bench.store.list_pending() == [PendingJob("a", JobState.NOT_SENT)]


def test_a_new_job_does_not_wait_for_the_backoff_of_an_old_one():
    printer = FakePrinter(PROFILE)
    bench = Bench(printer)
    bench.queue._backoff_s = (60.0,)
    bench.queue.start()
    printer.open_cover()
    bench.submit("a")
    bench.until("a", PrintOutcome.NOT_SENT)
    printer.close_cover()
    bench.submit("b")
    bench.until("b", PrintOutcome.PRINTED)
    bench.queue.stop()

    assert printer.jobs == ["a", "b"]


def test_a_full_disk_stops_no_queue_and_prints_nothing_that_was_not_noted():
    class FullDisk(Store):
        failures = [OSError(28, "No space left on device")]  # noqa: RUF012

        def begin(self, job_id):
            if self.failures:
                raise self.failures.pop()
            super().begin(job_id)

    bench = Bench(FakePrinter(PROFILE), FullDisk())
    bench.queue.start()
    bench.submit("a")
    bench.until("a", PrintOutcome.NOT_SENT)
    bench.until("a", PrintOutcome.PRINTED)
    bench.queue.stop()

    assert bench.printer.jobs == ["a"]


def test_a_driver_that_fails_after_the_beginning_leaves_the_job_unknown():
    class Faulty(FakePrinter):
        def print_document(self, document, job_id, on_sending=None):
            on_sending()
            raise ZeroDivisionError

    bench = Bench(Faulty(PROFILE))
    bench.queue.start()
    bench.submit("a")
    bench.until("a", PrintOutcome.UNKNOWN)
    bench.queue.stop()

    assert bench.queue.unresolved == {"a": "failure"}


def test_a_listener_that_fails_does_not_stop_the_queue():
    bench = Bench(FakePrinter(PROFILE))

    def hear_and_fail(event):
        bench.hear(event)
        raise ZeroDivisionError

    bench.queue._on_event = hear_and_fail
    bench.queue.start()
    bench.submit("a")
    bench.submit("b")
    bench.until("b", PrintOutcome.PRINTED)
    bench.queue.stop()
