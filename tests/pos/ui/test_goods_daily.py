"""日盘总数 in the handover on the real screens: both count, both sign, the slip says it (CSH-03)."""

from __future__ import annotations

import pytest

from pos import i18n
from pos.config import load_settings
from pos.domain.goods.orders import ClassRule
from pos.domain.journal import EntryKind
from tests.pos.ui.shop import WINE, trading, with_settings
from tests.pos.ui.test_goods_count import bodies
from tests.pos.ui.test_goods_leaving import item_of, receive, tell
from tests.pos.ui.test_whole_day import open_day, sign_on

BOOKS_MILLI = 7_000


def name(till):
    return type(till.screen).__name__


async def to_the_pieces(till, home, receiver="1001", *, daily=True):
    """A day with wine in the books, and the handover up to where pieces are counted."""
    till.till.settings = with_settings(load_settings(home), stock={"daily_total": daily})
    await sign_on(till, "1002", "1470")
    await open_day(till)
    item = item_of(till, WINE)
    receive(till, (item.item_code, BOOKS_MILLI))
    tell(till, class_rules=[ClassRule(item_class=item.item_class, counted_daily=True)])
    await till.press("0", "enter", "2", "enter", *"500", "enter", *["enter"] * 6)
    assert name(till) == "EntryScreen", till.text()
    await till.type(receiver)
    await till.press("enter")
    await till.settle()
    return item.item_class


async def counts(till, *pieces):
    for typed in pieces:
        assert name(till) == "EntryScreen", till.text()
        assert "7" not in "".join(row for row in till.text().splitlines() if "books" in row)
        await till.type(typed)
        await till.press("enter")
        await till.settle()


async def signs(till, number, pin):
    """One person's number and PIN; an empty number takes the one that stands there."""
    assert name(till) == "DailySignScreen", till.text()
    if number:
        await till.type(number)
        await till.press("enter")
    await till.type(pin)
    await till.press("enter")
    await till.settle()


def noted(till):
    return [one for one in bodies(till, EntryKind.REGISTER_NOTED) if one.action == "daily_total"]


def squeezed(till):
    return [" ".join(line.split()) for line in till.screen.text]


async def test_both_count_both_sign_and_a_difference_bars_nobody(home):
    """CSH-03, STK-04: the slip has count, books, difference and reason; the next shift opens."""
    async with trading(home, sign_on=False) as till:
        item_class = await to_the_pieces(till, home)
        await counts(till, "6", "6")
        assert name(till) == "ChooseScreen", till.text()
        assert "difference -1" in till.text()
        await till.press("4", "enter")
        await till.settle()
        assert name(till) == "ReadScreen", till.text()
        await till.press("enter")
        await signs(till, "", "1470")
        await signs(till, "", "2580")
        assert name(till) == "SlipScreen", till.text()
        slip = squeezed(till)
        at = next(n for n, line in enumerate(slip) if line == item_class)
        shown = " ".join(slip[at : at + 5])
        assert "实点" in shown
        assert slip[at + 1].endswith(" 6")
        assert slip[at + 2].endswith(" 7")
        assert slip[at + 3].endswith(" -1")
        (note,) = noted(till)
        assert note.quantity_milli == -1_000
        assert (note.fields["outgoing_signed_by"], note.fields["incoming_signed_by"]) == (
            "1002",
            "1001",
        )
        assert bodies(till, EntryKind.SHIFT_CLOSE)[-1].receiver_id == "1001"
        printed = till.till.journal.reader().execute(
            "SELECT count(*) FROM print_job WHERE job_kind = 'shift'"
        )
        assert printed.fetchone()[0] == 1
        await till.press("enter")
        await sign_on(till)
        await till.press(*"500", "enter")
        await till.settle()
        assert name(till) == "SaleScreen", till.text()
        assert till.till.shift_no == 2


async def test_who_goes_cannot_sign_for_who_comes_and_a_wrong_pin_is_none(home):
    """CSH-03: two people; control: somebody else's number and PIN are taken."""
    async with trading(home, sign_on=False) as till:
        await to_the_pieces(till, home, receiver="")
        await counts(till, "7", "7")
        assert name(till) == "ReadScreen", till.text()
        await till.press("enter")
        await signs(till, "", "1470")
        await signs(till, "1002", "1470")
        assert name(till) == "DailySignScreen"
        assert "somebody else" in till.text()
        assert noted(till) == []
        await signs(till, "1001", "9999")
        assert name(till) == "DailySignScreen"
        await till.press("escape", "escape")
        await till.settle()


async def test_whoever_signs_takes_over_though_nobody_was_named_before(home):
    async with trading(home, sign_on=False) as till:
        await to_the_pieces(till, home, receiver="")
        await counts(till, "7", "7")
        await till.press("enter")
        await signs(till, "", "1470")
        await signs(till, "1001", "2580")
        assert name(till) == "SlipScreen", till.text()
        assert bodies(till, EntryKind.SHIFT_CLOSE)[-1].receiver_id == "1001"
        assert noted(till)[0].quantity_milli == 0


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_a_signature_left_out_is_said_and_bars_nothing(home, language):
    async with trading(home, sign_on=False) as till:
        await to_the_pieces(till, home)
        i18n.set_language(language)
        await counts(till, "7", "7")
        await till.press("enter")
        for _ in range(2):
            assert name(till) == "DailySignScreen", till.text()
            await till.press("escape", "escape", "escape")  # from the PIN, the number, the screen
            await till.settle()
        assert name(till) == "SlipScreen", till.text()
        assert "incoming_signed_by" not in noted(till)[0].fields


async def test_classes_left_uncounted_are_said_and_the_shift_is_handed_over(home):
    async with trading(home, sign_on=False) as till:
        item_class = await to_the_pieces(till, home)
        await till.press("escape")
        await till.settle()
        assert name(till) == "ReadScreen", till.text()
        assert "not counted" in till.text()
        await till.press("enter")
        await till.settle()
        assert name(till) == "SlipScreen", till.text()
        assert any(line.startswith(item_class) and "未点" in line for line in squeezed(till))
        ended = bodies(till, EntryKind.COUNT_EVENT)[-1]
        assert ended.note == "not counted"


async def test_a_shop_that_does_not_count_pieces_is_asked_nothing(home):
    """The control of all others: the setting is off, and the slip has no such part."""
    async with trading(home, sign_on=False) as till:
        item_class = await to_the_pieces(till, home, daily=False)
        assert name(till) == "SlipScreen", till.text()
        assert item_class not in squeezed(till)
        assert noted(till) == []


async def to_the_close(till, home, choice="1"):
    """A day with wine in the books, and its close up to where pieces are counted."""
    till.till.settings = with_settings(load_settings(home), stock={"daily_total": True})
    await sign_on(till, "1002", "1470")
    await open_day(till)
    item = item_of(till, WINE)
    receive(till, (item.item_code, BOOKS_MILLI))
    tell(till, class_rules=[ClassRule(item_class=item.item_class, counted_daily=True)])
    await till.press("0", "enter", "3", "enter", choice, "enter")
    if choice == "1":
        await till.press(*"500", *["enter"] * 7)
    await till.settle()
    return item.item_class


@pytest.mark.parametrize("along", [True, False])
async def test_the_last_shift_closed_with_the_day_is_asked_for_its_pieces_too(home, along):
    """STK-04, CSH-03: one person may close alone, a second one counts along and signs."""
    async with trading(home, sign_on=False) as till:
        item_class = await to_the_close(till, home)
        await counts(till, "6")
        await till.press(*("6" if along else ""), "enter")
        await till.settle()
        await till.press("4", "enter")
        await till.settle()
        assert name(till) == "ReadScreen", till.text()
        await till.press("enter")
        await signs(till, "", "1470")
        if along:
            await signs(till, "8001", "852741")
        while name(till) == "ApprovalScreen":
            await till.approve("8001", "852741")
        assert name(till) == "SlipScreen", till.text()
        (note,) = noted(till)
        assert note.quantity_milli == -1_000
        assert note.fields["outgoing_signed_by"] == "1002"
        assert note.fields.get("incoming_signed_by", "") == ("8001" if along else "")
        assert item_class in squeezed(till)
        assert len(bodies(till, EntryKind.DAY_CLOSE)) == 1


async def test_a_day_closed_without_a_count_asks_no_pieces_and_says_so(home):
    """STK-04: the control; nothing bars the close."""
    async with trading(home, sign_on=False) as till:
        item_class = await to_the_close(till, home, choice="2")
        while name(till) == "ApprovalScreen":
            await till.approve("8001", "852741")
        assert name(till) == "SlipScreen", till.text()
        assert any(line.startswith(item_class) and "未点" in line for line in squeezed(till))
        assert noted(till) == []
        assert len(bodies(till, EntryKind.DAY_CLOSE)) == 1
