"""The print queue's screen and the price cards at the till, as a shop's hands work them."""

from __future__ import annotations

import csv

import msgspec
import pytest

from drivers.document import Cut, Document, Text
from pos.config import MorePrinter, config_dir, load_settings
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import ItemSet
from pos.services import print_jobs, printing
from pos.ui.commands import NUMBERS
from pos.ui.flows.print_queue import devices as queue_story
from tests.pos.ui.shop import HELD, NOODLES, trading, with_settings

LABELS = next(number for number, name in NUMBERS.items() if name == "labels")


def entries(till, kind):
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind,)
    )
    return [msgspec.json.decode(row[0])["body"] for row in rows]


async def waiting_slip(till, state="NOT_SENT", detail="paper_end"):
    job_id = till.till.new_uuid()
    slip = Document((Text("slip"), Cut()), title="PAID IN")
    created = till.till.clock.utc_ms() - 3 * 60_000
    till.till.write(lambda txn: printing.insert_job(txn, job_id, "cash", slip, created)).result()
    till.till.write(
        lambda txn: txn.connection.execute(
            "UPDATE print_job SET state = ?, detail = ? WHERE job_id = ?", (state, detail, job_id)
        )
    ).result()
    till.screen.run(queue_story(till.app, till.screen))
    await till.pilot.pause()
    return job_id


async def test_the_queue_says_what_waits_since_when_and_why(home):
    async with trading(home) as till:
        await waiting_slip(till)

        assert "3 min PAID IN" in till.text()
        assert "no paper" in till.text()


async def test_a_slip_is_taken_out_with_a_reason(home):
    async with trading(home) as till:
        job_id = await waiting_slip(till)
        await till.press("enter", "2", "enter")
        assert "why?" in till.text()
        await till.press("2", "enter")
        await till.settle()

        assert "Everything is printed." in till.text()
        (outcome,) = entries(till, "print_outcome")
        assert (outcome["job_id"], outcome["outcome"], outcome["detail"]) == (
            job_id,
            "cancelled",
            "by_hand",
        )


async def test_a_slip_is_sent_to_another_printer(home):
    room = MorePrinter(name="room", url="tcp:127.0.0.1:9")
    settings = msgspec.structs.replace(
        with_settings(load_settings(home), printer={"url": "sim:"}), more_printers=(room,)
    )
    async with trading(home, settings=settings) as till:
        await waiting_slip(till)
        await till.press("enter", "3", "enter")
        assert "room" in till.text()
        await till.press("enter")
        await till.settle()

        (job,) = printing.queue(till.till)
        assert (job.printer, job.state) == ("room", "WAITING")
        assert [one["outcome"] for one in entries(till, "print_outcome")] == ["rerouted"]


async def test_a_doubtful_slip_is_asked_about_with_its_reason(home):
    async with trading(home) as till:
        await waiting_slip(till, "UNKNOWN", "not_confirmed")
        await till.press("enter")

        assert "did this slip come out?" in till.text()
        assert "did not confirm" in till.text()
        await till.press("enter")
        await till.settle()
        assert "Everything is printed." in till.text()


async def test_a_price_card_is_printed_from_the_menu(home):
    settings = with_settings(load_settings(home), price_card={"marks": ("name", "price")})
    async with trading(home, settings=settings) as till:
        await till.press("0", "enter", *str(LABELS), "enter")
        assert "0 cards to change" in till.text()
        await till.press("3", "enter")
        await till.scan(NOODLES)
        await till.press("2", "enter")
        await till.settle()

        (job,) = printing.queue(till.till)
        assert job.job_kind == print_jobs.LABEL
        assert "Price cards and labels" in till.text()


async def test_a_card_that_lacks_a_mark_is_named_and_not_printed(home):
    async with trading(home) as till:
        bare = ItemSet(item_code="R1", name="红枣", unit_price_e4=1, barcodes=("6920000000019",))
        till.till.append(EntryKind.ITEM_SET, bare).result()
        till.till.overlays = None
        await till.press("0", "enter", *str(LABELS), "enter", "3", "enter")
        await till.scan("6920000000019")
        await till.press("1", "enter")
        await till.press("-")
        await till.settle()

        assert printing.queue(till.till) == []
        assert "lacks" in till.text()


def fifteen_goods() -> list[str]:
    """Barcodes of different goods that no rule asks about."""
    with (config_dir() / "sample_shop" / "items.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["barcodes"] and row["weighed"] != "1"]
    snacks = [row["barcodes"].split("|")[0] for row in rows if row["item_class"] == "0207"]
    return [code for code in snacks if code != HELD][:15]


@pytest.mark.parametrize(
    ("state", "count", "told"),
    [("near_end", 15, True), ("near_end", 14, False), ("ok", 15, False)],
)
async def test_nearly_no_paper_before_a_long_receipt_is_said_on_the_payment_screen(
    home, state, count, told
):
    async with trading(home) as till:
        for code in fifteen_goods()[:count]:
            await till.scan(code)
        assert len(till.cart.lines) == count
        till.till.status.printer = state
        await till.press("enter", "enter")

        assert type(till.screen).__name__ == "PaymentScreen"
        assert ("The paper is nearly out and this receipt is long" in till.text()) is told
        assert till.rings == (1 if told else 0)
        await till.press(*"999", "enter")  # it never stands in the way
        await till.settle()
        assert not till.cart.lines
