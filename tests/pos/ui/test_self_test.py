"""The device test: what each part says of itself, what a person sees, one journal entry."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from drivers.events import OutputComplete, PrintOutcome
from drivers.line_display.simulated import FakeLineDisplay
from drivers.scale.simulated import FakeScale
from pos.counter import Counter
from pos.doctor import FAIL, WARN
from pos.doctor.devices import device_test
from pos.domain.journal import EntryKind
from pos.services.self_test import TEST_CODES, page_document
from pos.ui.screens.base import KeyPress
from pos.ui.screens.self_test import SelfTestScreen, said_of
from tests.contract.counter_benches import display_profile
from tests.pos.services.shop import entries
from tests.pos.ui.shop import NOODLES, trading


class Paper:
    """Takes note of jobs and kicks."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.kicks = 0

    def submit(self, job_id: str) -> None:
        self.jobs.append(job_id)

    def open_drawer(self) -> None:
        self.kicks += 1


@asynccontextmanager
async def in_the_test(home, *, lang="en", scale=True, scanner="connected", drawer="closed"):
    """A till with everything on its counter, in the device test."""
    async with trading(home, lang=lang) as till:
        till.till.printer = Paper()
        till.till.status.printer = "ok"
        till.till.status.scanner = scanner
        till.till.status.drawer = drawer
        till.till.display = FakeLineDisplay(display_profile("vfd-escpos"))
        till.goods = FakeScale()
        if scale:
            till.till.scale = till.goods
            Counter(till.till, till.goods, None).enable()
        till.screen.command("self_test", KeyPress("enter"))
        await till.pilot.pause()
        assert isinstance(till.screen, SelfTestScreen)
        yield till


async def say(till, outcome: PrintOutcome, detail: str = "") -> None:
    """The printer says what became of the test page."""
    await till.settle()
    till.till.tell(OutputComplete(till.till.printer.jobs[0], outcome, detail))
    till.screen._look()
    await till.pilot.pause()


async def kicked(till, drawer: str) -> None:
    """The drawer's pin says `drawer` some seconds after the kick."""
    await till.settle()
    till.till.status.drawer = drawer
    till.till.clock.advance(6_000)
    till.screen._look()
    await till.pilot.pause()


def parts(till) -> dict[str, tuple[str, str]]:
    (body,) = entries(till.till, EntryKind.DEVICES_TESTED)
    return {one.part: (one.verdict, one.code) for one in body.parts}


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_everything_works_and_is_journaled(home, lang):
    async with in_the_test(home, lang=lang) as till:
        await say(till, PrintOutcome.PRINTED)
        await till.press("enter")
        for _symbology, data in TEST_CODES:
            await till.scan(data)
        await till.approve()
        await kicked(till, "open")
        assert till.till.display.rows[0] == "SELF-TEST"
        await till.press("enter")
        await till.press("enter")
        await till.settle()

        assert set(parts(till).values()) == {("ok", "")}
        findings = [one.text for one in device_test(home)]
        assert findings == ["{day}: everything worked"]
        assert till.till.printer.kicks == 1
        (no_sale,) = entries(till.till, EntryKind.NO_SALE)
        assert no_sale.reason == "self_test"


async def test_what_fails_says_how_to_mend_it(home):
    async with in_the_test(home) as till:
        till.goods.put(40)
        await say(till, PrintOutcome.HELD, "paper_end")
        assert "no paper" in till.text()
        await till.scan(TEST_CODES[0][1])
        await till.press("enter")
        await till.approve()
        assert "switch the missing code types on" in said_of(till.screen.outcomes[-1])
        await kicked(till, "closed")
        await till.press("-")
        await till.press("-")
        await till.press("enter")
        assert "press its zero key" in said_of(till.screen.outcomes[-1])
        await till.press("enter")
        await till.settle()

        assert parts(till) == {
            "printer": ("fault", "paper_end"),
            "scanner": ("care", "some_codes"),
            "drawer": ("fault", "not_opened"),
            "display": ("fault", "not_seen"),
            "scale": ("care", "not_empty"),
        }
        assert "3 not working, 2 to look at" in till.text()
        assert [one.level for one in device_test(home)].count(FAIL) == 3


async def test_a_scanner_for_bars_alone_is_told_from_a_broken_one(home):
    async with in_the_test(home) as till:
        await say(till, PrintOutcome.PRINTED)
        await till.press("enter")
        await till.scan(TEST_CODES[0][1])
        await till.scan(TEST_CODES[1][1])
        await till.press("enter")
        await till.approve()

        assert "needs an image scanner" in said_of(till.screen.outcomes[1])


async def test_a_code_that_is_not_on_the_page_is_refused_and_not_sold(home):
    async with in_the_test(home) as till:
        await say(till, PrintOutcome.PRINTED)
        await till.press("enter")
        await till.scan(NOODLES)

        assert till.rings == 1
        assert "none of the three codes" in till.text()
        assert not till.cart.lines


async def test_what_the_till_does_not_have_is_passed_over(home):
    async with in_the_test(home, scale=False, scanner="absent") as till:
        till.till.display = None
        await say(till, PrintOutcome.PRINTED)
        await till.press("enter")
        await till.approve()
        await kicked(till, "unknown")
        await till.press("enter")
        await till.press("enter")
        await till.settle()

        assert parts(till) == {
            "printer": ("ok", ""),
            "scanner": ("absent", ""),
            "drawer": ("care", "no_pin"),
            "display": ("absent", ""),
            "scale": ("absent", ""),
        }


async def test_it_waits_while_goods_are_on_the_sale(home):
    async with trading(home) as till:
        assert [one.level for one in device_test(home)] == [WARN]
        await till.scan(NOODLES)
        till.screen.command("self_test", KeyPress("enter"))
        await till.pilot.pause()

        assert "Finish or park this sale first" in till.text()
        assert not entries(till.till, EntryKind.DEVICES_TESTED)


async def test_the_page_has_a_ruler_of_the_papers_width(home):
    from drivers.document_layout import render_text

    async with trading(home) as till:
        text = render_text(page_document(till.till), 48)

        assert "1234567890" * 4 + "12345678" in text
        assert "￥123.45" in text


async def test_a_drawer_that_nobody_allowed_to_open_stays_shut(home):
    async with in_the_test(home) as till:
        await say(till, PrintOutcome.PRINTED)
        await till.press("enter", "-")
        await till.press("-")

        assert "needs the right to it" in said_of(till.screen.outcomes[-1])
        assert till.till.printer.kicks == 0
