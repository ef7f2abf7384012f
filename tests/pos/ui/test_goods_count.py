"""盘点 on the real screens: blind, by scan and number pad, tags, results, handover (STK-04..11)."""

from __future__ import annotations

import pytest

from pos import i18n
from pos.domain.goods.counting import CountKind
from pos.domain.goods.handover_totals import ClassTotal, HandoverTotals
from pos.domain.goods.orders import ClassRule, ItemRule, Order, OrderLine
from pos.domain.journal import EntryKind, decode_entry
from pos.services.goods import books, count_states, counting, daily_total
from pos.store.reference_writer import ReferenceWriter
from pos.ui.flows import goods_count, goods_tasks
from tests.pos.ui.shop import NOBODYS, NOODLES, WINE, trading
from tests.pos.ui.test_goods_leaving import begin, item_of, posted, receive, signs, tell


def bodies(till, kind):
    till.till.write(lambda _: None).result()
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind.value,)
    )
    return [decode_entry(row[0]).body for row in rows]


async def into_area(till, name="1"):
    """From the count's menu into an area of that name."""
    await till.press("1", "enter", "1", "enter")
    await till.type(name)
    await till.press("enter")
    assert type(till.screen).__name__ == "GoodsCountScreen", till.text()


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_counting_is_blind_at_80_by_24_in_both_languages(home, language):
    async with trading(home) as till:
        i18n.set_language(language)
        receive(till, (item_of(till, WINE).item_code, 7_000))
        counting.begin(till.till, CountKind.CYCLE)
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await into_area(till)
        await till.scan(WINE)
        await till.type("5")
        await till.press("enter")
        assert till.screen.rows[0].quantity_milli == 5_000
        assert till.screen.rows[0].expected_milli is None
        # A delivery's word (实收) has no place in a count.
        assert ("On shelf" in till.text()) or ("实收" not in till.text())
        scans = counting.scans(till.till, count_states.open_counts(till.till)[0].count_id)
        assert sum(scan.quantity_milli for scan in scans) == 5_000


async def test_what_was_scanned_is_there_again_after_leaving(home):
    async with trading(home) as till:
        counting.begin(till.till, CountKind.CYCLE)
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await into_area(till)
        await till.scan(WINE)
        await till.scan(WINE)
        await till.scan(NOODLES)
        await till.press("escape")
        await till.press("1", "enter", "1", "enter")
        shown = {row.code: row.quantity_milli for row in till.screen.rows}
        assert shown == {
            item_of(till, WINE).item_code: 2_000,
            item_of(till, NOODLES).item_code: 1_000,
        }


async def test_an_unknown_code_and_a_lost_tag_are_kept_and_not_counted_in(home):
    """STK-06."""
    async with trading(home) as till:
        counting.begin(till.till, CountKind.CYCLE)
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await into_area(till)
        await till.scan(NOBODYS)
        await till.press("f8")
        await till.type("red bowl")
        await till.press("enter")
        assert till.screen.rows == []
        assert till.screen.tags == 2
        count_id = count_states.open_counts(till.till)[0].count_id
        found = counting.scans(till.till, count_id)
        assert [scan.tag for scan in found] == ["lost", "lost"]
        assert found[1].description == "red bowl"


async def test_only_what_differs_is_counted_a_third_time_and_no_number_is_told(home):
    async with trading(home) as till:
        wine, noodles = (item_of(till, code).item_code for code in (WINE, NOODLES))
        count = counting.begin(till.till, CountKind.CYCLE, passes=2)
        for pass_no, pieces in ((1, 7_000), (2, 6_000)):
            group = (count.count_id, pass_no, "1", f"100{pass_no}")
            counting.scan(till.till, group, counting.counted_line(wine, pieces)).result()
            counting.scan(till.till, group, counting.counted_line(noodles, 3_000)).result()
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await till.press("5", "enter")
        assert wine in till.text()
        assert noodles not in till.text()
        await till.press("enter")
        await till.scan(NOODLES)
        assert "not on the list" in till.text()
        await till.scan(WINE)
        await till.type("7")
        await till.press("enter")
        assert till.screen.rows[0].quantity_milli == 7_000


async def test_a_lone_shops_count_is_reasoned_signed_and_posted(home):
    """STK-09..11: end, result, reason, two signatures, the sheet."""
    async with trading(home) as till:
        wine = item_of(till, WINE).item_code
        receive(till, (wine, 7_000))
        count = counting.begin(till.till, CountKind.CYCLE, item_codes=(wine,))
        group = (count.count_id, 1, "1", "1001")
        counting.scan(till.till, group, counting.counted_line(wine, 5_000)).result()
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await till.press("5", "enter", "1", "enter")
        assert "What the count found" in till.text()
        assert "no reason yet" in till.text()
        await till.press("1", "enter")
        assert "needs a reason first" in till.text()
        await till.press("enter")
        await till.press("3", "enter", "3", "enter", "enter")  # damaged, no note
        assert "damaged" in till.text()
        await till.press("1", "enter")
        assert "Stock adjustment" in till.text()


async def test_in_a_chain_the_tills_figures_are_provisional(home):
    """R14: head office computes; the till says so and posts nothing."""
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.set_metas({"workstation_uuid": "till-1"})
    async with trading(home) as till:
        wine = item_of(till, WINE).item_code
        order = Order(
            order_id="C1",
            order_kind="count",
            fields={"count_id": "C1", "count_kind": "cycle", "passes": "1"},
            lines=(OrderLine(line_no=1, item_code=wine, quantity_milli=0),),
        )
        tell(till, orders=[order])
        await begin(till, goods_tasks.count)
        assert "C1" in till.text()
        assert "not begun" in till.text()
        assert goods_count.overdue_lines(till.app) == ["To count: Cycle count C1 " + wine]
        await till.press("1", "enter")
        await into_area(till)
        await till.scan(WINE)
        await till.press("enter", "1", "enter")
        await till.press("5", "enter", "1", "enter")
        assert "Provisional" in till.text()
        await till.press("enter")
        assert "C1" not in till.text()
        assert posted(till) == []


async def test_the_opening_count_is_signed_by_two_and_opens_the_books(home):
    """STK-01."""
    async with trading(home) as till:
        await begin(till, goods_tasks.count)
        await till.press("1", "enter", "1", "enter")
        await into_area(till)
        await till.scan(WINE)
        await till.type("24")
        await till.press("enter", "enter", "1", "enter")
        await till.press("5", "enter", "1", "enter")
        await till.press("1", "enter")
        await signs(till, "3001", "8001")
        assert "who counted may not approve" in till.text()
        assert posted(till) == []
        await till.press("enter", "1", "enter", "1", "enter")
        await signs(till, "8001", "3001")
        assert [line.quantity_milli for line in posted(till)[0].lines] == [24_000]
        assert books.are_open(till.till)


async def test_what_the_shop_finds_itself_is_noted_as_its_own(home):
    """STK-08."""
    async with trading(home) as till:
        await begin(till, goods_tasks.count)
        await till.press("2", "enter", "2", "enter")
        await till.type("no label")
        await till.press("enter")
        await till.press("escape")
        notes = [
            body for body in bodies(till, EntryKind.REGISTER_NOTED) if body.register.value == "tag"
        ]
        assert [note.fields["found_by"] for note in notes] == ["store"]


async def test_a_handovers_total_is_recorded_and_keeps_nobody_waiting(home):
    """STK-04, CSH-03: by class, both count, what differs from the books is kept with its reason."""
    async with trading(home) as till:
        item = item_of(till, WINE)
        receive(till, (item.item_code, 7_000))
        assert daily_total.books(till.till) == {}
        tell(till, class_rules=[ClassRule(item_class=item.item_class, counted_daily=True)])
        assert daily_total.books(till.till) == {item.item_class: 7_000}
        assert daily_total.classes(till.till) == []  # the supermarket's setting
        total = ClassTotal(
            item_class=item.item_class,
            outgoing_milli=6_000,
            incoming_milli=6_000,
            book_milli=7_000,
            reason="theft",
        )
        handed = HandoverTotals(totals=(total,), receiver_id="1002", incoming_signed_by="1002")
        daily_total.record(till.till, handed).result()
        noted = bodies(till, EntryKind.REGISTER_NOTED)[-1]
        assert (noted.action, noted.quantity_milli) == ("daily_total", -1_000)
        assert noted.fields["reason"] == "theft"
        assert noted.fields["incoming_signed_by"] == "1002"
        assert "outgoing_signed_by" not in noted.fields
        assert [body.counter_id for body in bodies(till, EntryKind.COUNT_SCANS)][1] == "1002"
        assert count_states.open_counts(till.till) == []


async def test_what_is_due_by_its_abc_class_is_reminded_until_it_was_counted(home):
    """STK-10, STK-12."""
    async with trading(home) as till:
        wine = item_of(till, WINE).item_code
        assert goods_count.overdue_lines(till.app) == []
        tell(till, item_rules=[ItemRule(item_code=wine, abc="A")])
        assert goods_count.overdue_lines(till.app) == ["Class A is due for a count: 1 of 1"]
        count = counting.begin(till.till, CountKind.CYCLE, item_codes=(wine,))
        line = counting.counted_line(wine, 1_000)
        counting.scan(till.till, (count.count_id, 1, "1", "1001"), line).result()
        counting.end(till.till, count).result()
        assert goods_count.overdue_lines(till.app) == []


async def test_zero_and_enter_ask_first_and_only_a_chosen_yes_sets_nothing_there(home):
    """STK-05: `0 Enter` out of habit loses no count; the answer by number does what it says."""
    async with trading(home) as till:
        counting.begin(till.till, CountKind.CYCLE)
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await into_area(till)
        await till.scan(WINE)
        await till.press("5", "enter")
        await till.press("0")
        assert "asked first" in till.text()
        await till.press("enter")
        assert type(till.screen).__name__ == "ChooseScreen", till.text()
        await till.press("enter")
        assert type(till.screen).__name__ == "GoodsCountScreen", till.text()
        assert till.screen.rows[0].quantity_milli == 5_000
        await till.press("0", "enter", "1", "enter")
        assert till.screen.rows[0].quantity_milli == 0
        count_id = count_states.open_counts(till.till)[0].count_id
        found = counting.scans(till.till, count_id)
        assert sum(scan.quantity_milli for scan in found) == 0
        assert len(found) > 1


async def test_goods_that_the_count_is_not_about_are_said_and_counted(home):
    """STK-05: a piece of another class would be compared with all of it; its own class is quiet."""
    async with trading(home) as till:
        counting.begin(till.till, CountKind.CYCLE, item_classes=(item_of(till, WINE).item_class,))
        await begin(till, goods_tasks.count)
        await till.press("1", "enter")
        await into_area(till)
        await till.scan(WINE)
        assert "not of this count" not in till.text()
        await till.scan(NOODLES)
        assert "not of this count" in till.text()
        assert till.rings == 1
        await till.press("-")
        assert [row.quantity_milli for row in till.screen.rows] == [1_000, 0]
