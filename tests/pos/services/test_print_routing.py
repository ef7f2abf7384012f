"""Slips go to the printer they are sent to, once, and every change of mind is journaled."""

from __future__ import annotations

import time

import pytest

from drivers.document import Document
from drivers.fakes import PtyPrinter, TcpPrinter
from drivers.label import Label, LabelField
from drivers.labels.fakes import TcpLabelPrinter
from pos.config import load_settings
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.printers import connect_printers
from pos.services import print_routing, printing
from pos.services.print_jobs import LABEL
from pos.services.reporting import facts_of
from tests.pos.services.shop import act_as, begin_day, entries, open_till, sell, staff


def wait(what, timeout_s=8.0):
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Shop:
    """A till with its own printer, one in the store room and one for labels."""

    def __init__(self, home, own, room, labels):
        self.own, self.room, self.labels = own, room, labels
        (home / "guitai.toml").write_text(
            f"""
[[printer]]
url = "{own.url}"
profile = "generic-58"

[[printer]]
name = "room"
url = "{room.url}"

[[printer]]
name = "labels"
role = "label"
url = "{labels.url}"
profile = "tspl-203"
""",
            encoding="utf-8",
        )
        self.till = open_till(home)
        staff(self.till)
        act_as(self.till, "8001")
        begin_day(self.till)
        self.gate, self.watch = connect_printers(self.till)

    def close(self):
        self.watch.stop()
        self.gate.close()
        self.till.journal.close()

    def queue(self):
        self.till.write(lambda _: None).result()
        return printing.queue(self.till)

    def state(self):
        return [(job.state, job.detail) for job in self.queue()]

    def outcomes(self):
        return [(b.outcome, b.detail) for b in entries(self.till, EntryKind.PRINT_OUTCOME)]


@pytest.fixture
def shop(tmp_path):
    with PtyPrinter(columns=32) as own, TcpPrinter() as room, TcpLabelPrinter() as labels:
        made = Shop(tmp_path, own, room, labels)
        yield made
        made.close()


def test_a_receipt_goes_to_the_tills_own_printer(shop):
    sell(shop.till, ("W550", 1000))

    wait(lambda: shop.queue() == [])
    assert len(shop.own.receipts()) == 1
    assert shop.room.receipts() == shop.labels.receipts() == ()
    assert facts_of(shop.till).columns == 32


def test_a_slip_that_waits_is_sent_to_another_printer_and_comes_out_there_alone(shop):
    shop.own.run_out_of_paper()
    sold = sell(shop.till, ("W550", 1000))
    wait(lambda: shop.state() == [("NOT_SENT", "paper_end")])
    (job,) = shop.queue()
    assert print_routing.printer_of(shop.till, job) == "收银台"
    assert [one.name for one in print_routing.other_printers(shop.till, job)] == ["room"]

    answer = print_routing.reroute(shop.till, job.job_id, "room")
    while isinstance(answer, Refusal):  # its own printer was just being tried
        assert answer.code == "being_sent"
        answer = print_routing.reroute(shop.till, job.job_id, "room")

    wait(lambda: shop.queue() == [])
    assert sold.transaction_no in shop.room.receipts()[0].text
    assert max(len(line.text) for line in shop.room.receipts()[0].lines) > 32
    assert "REPRINT" not in shop.room.receipts()[0].text
    assert "补打" not in shop.room.receipts()[0].text
    shop.own.load_paper()
    shop.gate.retry_now()
    assert not shop.own.wait_for_receipts(1, 1.0)
    assert [one for one in shop.outcomes() if one[0] in ("rerouted", "printed")] == [
        ("rerouted", "room"),
        ("printed", ""),
    ]


def test_a_held_slip_that_goes_elsewhere_is_a_marked_copy(shop):
    shop.own.run_out_after_lines(2)
    sell(shop.till, ("W550", 1000))
    wait(lambda: [state for state, _ in shop.state()] == ["HELD"])
    (job,) = shop.queue()

    assert not isinstance(print_routing.reroute(shop.till, job.job_id, "room"), Refusal)

    wait(lambda: shop.queue() == [])
    assert "补打 1" in shop.room.receipts()[0].text
    assert [(one.count) for one in entries(shop.till, EntryKind.REPRINT)] == [1]


def test_a_held_slip_prints_itself_when_paper_returns_and_is_not_sent_again(shop):
    shop.own.run_out_after_lines(2)
    sell(shop.till, ("W550", 1000))
    wait(lambda: [state for state, _ in shop.state()] == ["HELD"])

    shop.own.load_paper()

    wait(lambda: shop.queue() == [])
    assert len(shop.own.receipts()) == 1
    assert [one[0] for one in shop.outcomes()] == ["held", "printed"]
    assert entries(shop.till, EntryKind.REPRINT) == []


def test_a_slip_taken_out_is_not_printed_when_paper_returns(shop):
    shop.own.run_out_of_paper()
    sell(shop.till, ("W550", 1000))
    wait(lambda: shop.state() == [("NOT_SENT", "paper_end")])
    (job,) = shop.queue()

    while isinstance(print_routing.cancel(shop.till, job.job_id, "by_hand"), Refusal):
        time.sleep(0.01)

    wait(lambda: shop.queue() == [])
    shop.own.load_paper()
    shop.gate.retry_now()
    assert not shop.own.wait_for_receipts(1, 0.8)
    assert shop.outcomes()[-1] == ("cancelled", "by_hand")
    assert print_routing.cancel(shop.till, job.job_id, "by_hand").code == "not_waiting"


def test_labels_go_to_the_label_printer_and_may_come_out_on_paper(shop):
    card = Document((Label(40, 30, (LabelField(10, 10, "农夫山泉"),)),), title="card")
    shop.labels.run_out_of_paper()
    job_id = shop.till.new_uuid()
    saved = shop.till.write(lambda txn: printing.insert_job(txn, job_id, LABEL, card, 1))
    printing.submit_when_saved(
        shop.till, saved, job_id, print_routing.default_printer(shop.till, LABEL)
    )
    wait(lambda: shop.state() == [("NOT_SENT", "paper_end")])
    (job,) = shop.queue()
    assert print_routing.printer_of(shop.till, job) == "labels"
    names = [one.name for one in print_routing.other_printers(shop.till, job)]
    assert names == ["收银台", "room"]

    while isinstance(print_routing.reroute(shop.till, job.job_id, "收银台"), Refusal):
        time.sleep(0.01)

    wait(lambda: shop.queue() == [])
    assert shop.own.receipts()[0].text == "农夫山泉\n"
    assert shop.labels.receipts() == ()


def test_what_was_sent_elsewhere_stays_there_over_a_restart(shop):
    shop.own.run_out_of_paper()
    shop.room.open_cover()
    sell(shop.till, ("W550", 1000))
    wait(lambda: shop.state() == [("NOT_SENT", "paper_end")])
    (job,) = shop.queue()
    while isinstance(print_routing.reroute(shop.till, job.job_id, "room"), Refusal):
        time.sleep(0.01)
    wait(lambda: shop.state() == [("NOT_SENT", "cover_open")])
    shop.watch.stop()
    shop.gate.close()

    shop.gate, shop.watch = connect_printers(shop.till)

    shop.own.load_paper()
    assert not shop.own.wait_for_receipts(1, 0.5)
    shop.room.close_cover()
    wait(lambda: shop.queue() == [])
    assert len(shop.room.receipts()) == 1


def test_a_printer_that_is_unknown_and_a_slip_that_is_gone_are_refused(shop):
    assert print_routing.reroute(shop.till, "none", "nowhere").code == "no_such_printer"
    assert print_routing.reroute(shop.till, "none", "room").code == "not_waiting"
    assert print_routing.print_now(shop.till, "none").code == "not_waiting"


def test_several_printer_tables_are_read_and_a_fault_names_its_line(tmp_path):
    text = '[[printer]]\nname = "a"\nrole = "label"\nurl = "sim:"\n\n[[printer]]\nurl = "sim:"\n'
    (tmp_path / "guitai.toml").write_text(text, encoding="utf-8")

    settings = load_settings(tmp_path)

    assert settings.printer.url == "sim:"
    assert [(one.name, one.role) for one in settings.more_printers] == [("a", "label")]
    (tmp_path / "guitai.toml").write_text(text.replace('"label"', '"lable"'), encoding="utf-8")
    with pytest.raises(Exception, match=r"guitai\.toml:3: more_printers"):
        load_settings(tmp_path)
