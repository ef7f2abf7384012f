"""Approval for one action, the drawer beside sales, people, devices, header (rules 4, 9-11, 13)."""

from __future__ import annotations

import msgspec
import pytest

from pos.config import load_settings
from pos.services import shifts
from pos.services.printing import PrintJob
from pos.ui.screens.approval import ApprovalScreen
from tests.pos.ui.shop import NOODLES, WINE, trading, with_settings


def name(till) -> str:
    return type(till.screen).__name__


def entries(till, kind):
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind,)
    )
    return [msgspec.json.decode(row[0]) for row in rows]


async def discount_beyond_limit(till):
    await till.scan(WINE)
    await till.press("/", "2", "0", "enter", "1", "enter")
    assert isinstance(till.screen, ApprovalScreen)


async def test_an_approval_is_for_one_action_and_names_both(home):
    """Rule 10."""
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        await till.approve("8001", "852741", reason="ok")
        assert till.cart.last.override.approver_id == "8001"
        assert till.till.operator.operator_id == "1001"
        await till.press("/", "3", "0", "enter", "1", "enter")

        assert isinstance(till.screen, ApprovalScreen)
        (approval,) = entries(till, "approval")
        assert (approval["operator_id"], approval["body"]["approver_id"]) == ("1001", "8001")


async def test_nobody_approves_for_themselves(home):
    """Rule 10: the approver differs from the cashier."""
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        await till.approve("1001", "2580")

        assert isinstance(till.screen, ApprovalScreen)
        assert "ask somebody else" in till.text()
        assert till.cart.last.override is None


async def test_an_approval_says_what_it_is_about_in_words(home):
    async with trading(home, role="cashier") as till:
        await till.press("ctrl+x")
        assert isinstance(till.screen, ApprovalScreen)
        assert "Read the shift's figures so far (X)" in till.text()
        assert "report.x" not in till.text()
        what = till.text().split("(X)")[1].split("Another person")[0]
        assert what.count("\n") == 1  # no empty row where no figure is at stake
        await till.press("escape")

        await till.scan(WINE)
        await till.press("ctrl+delete", "1", "enter")
        assert isinstance(till.screen, ApprovalScreen)
        assert "Customer left" in till.text()
        assert "Customer changed mind" not in till.text()  # a voided line's reason of the same id


async def test_who_signs_sees_the_figures(home):
    """A name alone is signed blindly: the old and the new price, the discount, the sum voided."""
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        assert "1 × 68.00 = 68.00  minus 20%" in till.text()
        await till.press("escape")
        await till.press(".", "6", "0", "enter", "1", "enter")
        assert isinstance(till.screen, ApprovalScreen)
        assert "1 × 68.00 → 60.00" in till.text()
        await till.press("escape")
        await till.press("ctrl+delete", "1", "enter")
        assert isinstance(till.screen, ApprovalScreen)
        assert "68.00" in till.text().split("Approval")[1].split("Approver's number")[0]
        await till.press("escape")
        till.app.use_language("zh_CN")
        await till.press("/", "8", ".", "5", "enter", "1", "enter")
        assert "1 × 68.00 = 68.00  8.5 折" in till.text()


async def test_a_price_beyond_ones_rights_asks_whether_the_quantity_was_meant(home):
    """Rule 11: an error says what was probably meant, and those keys then do it."""
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        assert "quantity?" not in till.text()
        await till.press("escape")
        await till.press(".", "6", "enter", "1", "enter")
        assert "Did you mean the quantity? - goes back, then * sets it." in till.text()
        await till.press("-", "*", "6", "enter")

        assert (till.cart.last.quantity_milli, till.cart.last.override) == (6_000, None)


async def test_a_wrong_pin_approves_nothing(home):
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        await till.approve("8001", "111111")

        assert isinstance(till.screen, ApprovalScreen)
        assert till.screen.fields[1] == ""
        assert till.cart.last.override is None


async def test_a_scan_never_lands_in_the_approval(home):
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        await till.press("8", "0", "0", "1", "enter")
        await till.scan(NOODLES)
        assert till.screen.fields == ["8001", "", ""]
        await till.type("852741")
        await till.press("enter", "enter")
        await till.settle()

        assert [line.item_code for line in till.cart.lines] == ["200063", "200073"]


async def test_one_person_on_duty_goes_on_and_is_reviewed_next_day(home):
    """Rule 13: approval.alone."""
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        await till.press("*")
        assert "next day" in till.text()
        await till.press("x", "enter")
        await till.settle()

        assert till.cart.last.amount_minor == 5440
        assert entries(till, "approval")[0]["body"]["mode"] == "alone_review_next_day"


async def test_given_up_approval_changes_nothing(home):
    async with trading(home, role="cashier") as till:
        await discount_beyond_limit(till)
        await till.press("-")

        assert name(till) == "SaleScreen"
        assert till.cart.last.amount_minor == 6800


async def test_no_sale_takes_a_reason_and_is_journaled(home):
    async with trading(home) as till:
        opened = []
        till.till.printer.open_drawer = lambda: opened.append(1)
        await till.press("ctrl+d", "1", "enter")
        if name(till) == "ApprovalScreen":
            await till.approve()
        await till.settle()

        assert entries(till, "no_sale")[0]["body"]["reason"] == "change"
        assert opened == [1]


@pytest.mark.parametrize(("key", "movement"), [("insert", "paid_in"), ("home", "paid_out")])
async def test_paid_in_and_out_take_amount_and_reason(home, key, movement):
    async with trading(home, role="cashier") as till:
        till.till.business_day, till.till.shift_no = "", 0
        shifts.open_day(till.till, "2026-11-21", 50_000).saved.result()
        await till.press(key, "5", "0", "enter", "1", "enter")
        if name(till) == "ApprovalScreen":
            await till.approve("8001", "852741")
        await till.settle()

        body = entries(till, "cash_movement")[0]["body"]
        assert (body["movement"], body["amount_minor"]) == (movement, 5_000)


async def test_a_doubtful_slip_is_asked_about_once(home, monkeypatch):
    from pos.services import printing

    async with trading(home) as till:
        job = PrintJob(
            job_id="j1",
            job_kind="receipt",
            transaction_no="010101-20261121-0001",
            state="UNKNOWN",
            attempts=1,
            created_utc_ms=0,
        )
        monkeypatch.setattr(printing, "queue", lambda _till: [job])
        answers = []
        monkeypatch.setattr(
            printing, "resolve_unknown", lambda _till, job_id, printed: answers.append(printed)
        )
        till.screen.idle(0)
        await till.pilot.pause()
        assert "did this slip come out?" in till.text()
        await till.press("enter")
        till.screen.idle(0)
        await till.pilot.pause()

        assert name(till) == "SaleScreen"
        assert answers == [True]


async def test_an_idle_till_locks_itself_but_never_with_lines_on_the_screen(home):
    """Rule 8: after N minutes, never by itself with lines on the screen."""
    async with trading(home) as till:
        await till.scan(WINE)
        till.screen.idle(100_000)
        assert name(till) == "SaleScreen"
        await till.press("backspace")
        till.screen.idle(100_000)
        await till.pilot.pause()

        assert name(till) == "LockScreen"


async def test_the_header_shows_what_a_cashier_must_know(home):
    """Rule 9: day, operator, line, unsent count and age, devices, clock."""
    async with trading(home, size=(132, 43)) as till:
        status = till.till.status
        status.enrolled, status.online = True, True
        status.unsent, status.oldest_unsent_ms = 3, 125_000
        status.scanner, status.printer, status.drawer = "connected", "paper_end", "closed"
        status.undecided, status.print_jobs_waiting = True, 2
        till.app.refresh_header()
        await till.pilot.pause()
        header = till.text().splitlines()[0]

        for words in (
            "2026-11-21",
            "周建国",
            "● online",
            "unsent 3(2m)",
            "✓",
            "✗",
            "10:00",
            "2 to print",
        ):
            assert words in header
        status.online = False
        till.app.refresh_header()
        await till.pilot.pause()
        assert "○ offline" in till.text().splitlines()[0]


async def test_equal_facts_paint_nothing(home):
    async with trading(home) as till:
        painted = []
        header = till.screen.header
        real = header.refresh
        header.refresh = lambda *regions, **more: (painted.append(regions), real(*regions, **more))
        till.app.refresh_header()
        till.app.refresh_header()

        assert painted == []


async def test_training_is_said_on_every_screen(home):
    """Rule 7."""
    from pos.bootstrap import build_till, close_till
    from pos.services.context import Operator
    from pos.store.clock import FixedClock
    from pos.ui.app import TillApp
    from tests.pos.ui.shop import START, screen_text

    till = build_till(home, clock=FixedClock(START), training=True)
    till.operator = Operator(operator_id="8001", name="周建国", role=till.roles["manager"])
    till.business_day, till.shift_no = "2026-11-21", 1
    app = TillApp(till)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "TRAINING" in screen_text(app)
        app.press("f3")
        await pilot.pause()
        assert "TRAINING" in screen_text(app)
    close_till(till)


async def test_a_manager_sets_a_pin_anew(home):
    async with trading(home) as till:
        await till.press("0", "enter", "3", "9", "enter", "2", "enter", "1", "enter")
        await till.press(*"8642", "enter", *"8642", "enter")
        await till.settle()

        assert "The PIN is set" in till.screen.band.text


async def test_a_conflicting_key_map_is_refused_with_both_commands_named(home):
    """Rule 2."""
    from pos.config import ConfigError, load_keymap

    with pytest.raises(ConfigError) as refused:
        load_keymap("default", {"park": ["f6"]})

    assert "park" in str(refused.value)
    assert "recall" in str(refused.value)


@pytest.mark.parametrize("keymap", ["default", "guanjiapo", "ecr", "western"])
async def test_every_shipped_key_map_works(home, keymap):
    """Rule 2: the presets of config/keymaps."""
    settings = with_settings(load_settings(home), ui={"keymap": keymap})
    async with trading(home, settings=settings) as till:
        await till.scan(WINE)
        (key, *_more) = till.app.keymap.keys_for("pay") or ("f9",)
        await till.press(key)

        assert name(till) == "PaymentScreen"
