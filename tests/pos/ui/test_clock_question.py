"""The question about date and time: at the start, between sales, once; selling goes on (R20)."""

from __future__ import annotations

import pytest

from pos import i18n
from pos.bootstrap import build_till, close_till
from pos.domain.journal import EntryKind, decode_entry
from pos.i18n import gettext as _
from pos.services import clock_watch, shifts, upkeep
from pos.services.context import Operator
from pos.store.clock import FixedClock
from pos.ui.commands import NUMBERS
from pos.ui.plain import PlainTill
from tests.pos.ui import shop
from tests.pos.ui.shop import NOODLES, START, WINE, trading, with_settings

DAY = 86_400_000


def name(hands) -> str:
    return type(hands.screen).__name__


def bodies(till):
    till.write(lambda _txn: None).result()
    rows = till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id",
        (EntryKind.CLOCK_STEP.value,),
    )
    return [decode_entry(row[0]).body for row in rows]


def outcomes(till) -> list[str]:
    return [body.outcome for body in bodies(till)]


def open_day(home) -> None:
    """A day that was open when the till was left."""
    till = build_till(home, clock=FixedClock(START))
    till.operator = Operator(operator_id="8001", name="周建国", role=till.roles["manager"])
    shifts.open_day(till, "2026-11-21", 0).saved.result()
    close_till(till)


@pytest.fixture
def open_home(home):
    open_day(home)
    return home


def set_back(hands, by_ms=DAY) -> None:
    upkeep.tick(hands.till)
    hands.till.clock.step(-by_ms)


async def quiet(hands, seconds=3.0):
    """The counter is quiet for a while; the till ticks."""
    hands.now += seconds
    hands.app._tick()
    await hands.pilot.pause()


async def pin(hands, number="8001", secret="852741"):
    await hands.press("enter", "enter")
    await hands.type(number)
    await hands.press("enter")
    await hands.type(secret)
    await hands.press("enter")
    await hands.settle()


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_between_sales_a_manager_confirms_and_the_mark_goes(open_home, lang):
    async with trading(open_home, role="cashier", lang=lang, refresh_status=upkeep.tick) as till:
        set_back(till)
        await quiet(till)
        assert name(till) == "ClockScreen"
        shown = till.text()
        assert "2026-11-20" in shown  # what the clock says
        assert "2026-11-21 10:00" in shown  # what it said before
        assert _("Date and time") in shown
        assert "!10:00" in shown.splitlines()[0]

        await pin(till)

        assert name(till) == "SaleScreen"
        assert _("Date and time are confirmed") in till.text()
        await quiet(till)
        assert name(till) == "SaleScreen"
        assert "!10:00" not in till.text()
        assert [(one.outcome, one.approver_id) for one in bodies(till.till)] == [
            ("", ""),
            ("confirmed", "8001"),
        ]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_put_off_selling_goes_on_flagged_and_nobody_is_asked_again(open_home, lang):
    async with trading(open_home, role="cashier", lang=lang, refresh_status=upkeep.tick) as till:
        set_back(till)
        await quiet(till)
        await till.press("*")
        assert name(till) == "SaleScreen"
        for _again in range(3):
            await quiet(till)
        assert name(till) == "SaleScreen"
        assert "!10:00" in till.text().splitlines()[0]

        await till.scan(WINE)
        await till.press("f9", *"100", "enter")
        await till.settle()

        assert outcomes(till.till) == ["", "put_off"]
        row = till.till.journal.reader().execute(
            "SELECT bytes FROM journal_entry WHERE kind = 'transaction'"
        )
        assert decode_entry(row.fetchone()[0]).envelope.flags == ("clock_suspect",)


async def test_the_function_answers_what_was_put_off(open_home):
    async with trading(open_home, role="cashier", refresh_status=upkeep.tick) as till:
        set_back(till)
        await quiet(till)
        await till.press("*")
        number = next(number for number, what in NUMBERS.items() if what == "clock")
        await till.press("0", "enter", *str(number), "enter")
        assert name(till) == "ClockScreen"
        await pin(till)

        assert outcomes(till.till) == ["", "put_off", "confirmed"]


async def test_a_sale_is_not_interrupted_and_a_scan_waits_for_the_sale(open_home):
    async with trading(open_home, role="cashier", refresh_status=upkeep.tick) as till:
        await till.scan(WINE)
        set_back(till)
        await quiet(till)
        assert name(till) == "SaleScreen"
        await till.press("f9", *"100", "enter")
        await till.settle()
        await quiet(till)
        assert name(till) == "ClockScreen"
        await till.scan(NOODLES)
        await till.press("*")
        await till.pilot.pause()

        assert [line.barcode[-13:] for line in till.cart.lines] == [NOODLES]


async def test_a_clock_that_is_put_right_meanwhile_takes_the_question_away(open_home):
    async with trading(open_home, role="cashier", refresh_status=upkeep.tick) as till:
        set_back(till)
        await quiet(till)
        assert name(till) == "ClockScreen"
        await quiet(till)
        assert name(till) == "ClockScreen"  # the control
        till.till.clock.step(DAY)
        await quiet(till)

        assert name(till) == "SaleScreen"
        assert outcomes(till.till) == ["", "put_right"]


async def test_what_is_being_typed_is_not_interrupted(open_home):
    async with trading(open_home, role="cashier", refresh_status=upkeep.tick) as till:
        await till.type("69")
        set_back(till)
        await quiet(till, 30)
        assert name(till) == "SaleScreen"


async def test_another_time_is_kept_and_the_mark_stays_until_the_clock_is_set(open_home):
    async with trading(open_home, role="cashier", refresh_status=upkeep.tick) as till:
        set_back(till)
        await quiet(till)
        await till.type("20261121")
        await till.press("enter")
        await till.type("1000")
        await till.press("enter", *"8001", "enter", *"852741", "enter")
        await till.settle()

        assert name(till) == "SaleScreen"
        assert "behind" in till.text()
        assert outcomes(till.till) == ["", "wrong"]
        await quiet(till)
        assert name(till) == "SaleScreen"
        till.till.clock.step(DAY)
        await quiet(till)
        assert "!10:00" not in till.text()
        assert outcomes(till.till) == ["", "wrong", "put_right"]


@pytest.mark.parametrize(
    ("typed", "number", "secret"),
    [("", "1002", "1470"), ("", "8001", "000000"), ("20269999", "", "")],
)
async def test_who_may_not_and_what_is_no_date_is_said_and_the_dialog_stays(
    open_home, typed, number, secret
):
    async with trading(open_home, role="cashier", refresh_status=upkeep.tick) as till:
        set_back(till)
        await quiet(till)
        if typed:
            await till.type(typed)
            await till.press("enter")
        else:
            await pin(till, number, secret)

        assert name(till) == "ClockScreen"
        assert till.rings >= 1
        assert till.screen.band.is_error
        assert clock_watch.open_doubt(till.till) is not None


async def test_at_the_start_it_is_asked_before_sign_on(open_home, monkeypatch):
    async with trading(open_home, sign_on=False) as till:
        upkeep.tick(till.till)
        assert name(till) == "SignOnScreen"  # the control: a clock that is right asks nothing
    slow = FixedClock(START)
    slow.step(-2 * DAY)
    monkeypatch.setattr(shop, "FixedClock", lambda _start: slow)
    monkeypatch.setattr(shop, "TillApp", ticking(shop.TillApp))
    async with trading(open_home, sign_on=False) as till:
        assert name(till) == "ClockScreen"
        await till.press("*")
        assert name(till) == "SignOnScreen"
    async with trading(open_home, sign_on=False) as till:
        assert name(till) == "SignOnScreen"  # put off is put off, over a restart too
        assert "!10:00" in till.text().splitlines()[0]


def ticking(app):
    """As `pos run` does: the facts are there before the first screen."""

    def make(till, **more):
        upkeep.tick(till)
        return app(till, **more)

    return make


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_in_lines_of_text_it_is_asked_before_sign_on_and_once(open_home, lang):
    clock = FixedClock(START)
    clock.step(-2 * DAY)
    till = build_till(open_home, clock=clock)
    out: list[str] = []
    plain = PlainTill(till, out.append)
    plain.refresh_status = upkeep.tick
    till.settings = with_settings(till.settings, ui={"language": lang})
    try:
        plain.start()
        assert i18n.language() == lang
        assert _("Clock of this till: {time}").split("{", maxsplit=1)[0] in "".join(out)
        assert "2026-11-19 10:00" in "".join(out)
        plain.line("1")
        plain.line("1002")
        plain.line("1470")
        assert outcomes(till) == [""]  # a cashier may not
        plain.line("3")
        assert outcomes(till) == ["", "put_off"]
        assert _("Operator's number") in out[-1]
        plain.line("1002")
        plain.line("1470")
        plain.line(NOODLES)
        plain.line("pay 100")
        plain.line("")
        assert outcomes(till) == ["", "put_off"]
        plain.line("clock")
        plain.line("1")
        plain.line("8001")
        out.clear()
        plain.line("852741")
        assert _("Date and time are confirmed") in "".join(out)
        assert till.journal.flags == ()
    finally:
        close_till(till)
