"""A backup that fails is seen: the header's mark, a word when it happens, and a page (R32)."""

from __future__ import annotations

import msgspec
import pytest

from pos.i18n import gettext as _
from pos.services.backup_facts import BackupRound, PlaceStatus
from pos.ui.commands import NUMBERS
from pos.ui.header_facts import header_state
from pos.ui.plain import PlainTill
from pos.ui.text_grid import cells
from tests.pos.ui.shop import START, trading

NOW_MS = int(START.timestamp() * 1000)


def status(home, *places: PlaceStatus) -> None:
    (home / "backups").mkdir(exist_ok=True)
    (home / "backups" / "status.json").write_bytes(msgspec.json.encode(list(places)))


def good(home) -> PlaceStatus:
    return PlaceStatus(
        path=str(home / "backups"),
        last_full_ms=NOW_MS - 3_600_000,
        last_increment_ms=NOW_MS - 60_000,
        last_good_ms=NOW_MS - 60_000,
    )


def away() -> PlaceStatus:
    return PlaceStatus(
        path="/media/stick",
        error="The backup folder {target} is not there.",
        hint="Plug the stick or disk in; if the folder is new, make it: mkdir -p {target}",
        values={"target": "/media/stick"},
        failing_since_ms=NOW_MS,
    )


async def page(till) -> str:
    number = next(number for number, what in NUMBERS.items() if what == "backups")
    await till.press("0", "enter", *str(number), "enter")
    assert type(till.screen).__name__ == "BackupsScreen"
    return till.text()


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_the_page_says_of_each_place_when_and_what_is_wrong(home, lang):
    status(home, good(home), away())
    async with trading(home, lang=lang) as till:
        shown = await page(till)

        assert "✓" in shown
        assert "✗ /media/stick" in shown
        assert _(away().error).format(target="/media/stick") in shown
        assert "mkdir-p/media/stick" in "".join(shown.split())


async def test_a_failure_is_told_once_and_marked_until_it_is_mended(home):
    async with trading(home) as till:
        assert "! backup" not in till.text()
        till.till.status.backup = "failed"
        till.till.tell(BackupRound(failed=True, first=True))
        await till.pilot.pause()
        assert "! backup" in till.text().splitlines()[0]
        assert "The backup failed" in till.text()
        await till.press("x")
        await till.press("escape")

        till.till.tell(BackupRound(failed=True))
        await till.pilot.pause()
        assert "The backup failed" not in till.text()
        till.till.status.backup = "ok"
        till.till.tell(BackupRound(failed=False))
        await till.pilot.pause()
        assert "! backup" not in till.text()


async def test_before_the_first_backup_the_page_says_when_it_comes(home):
    async with trading(home) as till:
        assert "No backup has been made yet" in await page(till)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_the_clock_stays_in_the_row_whatever_is_wrong(home, lang):
    async with trading(home, lang=lang) as till:
        facts = till.till.status
        facts.backup, facts.clock = "failed", "doubt"
        till.till.settings = msgspec.structs.replace(
            till.till.settings,
            day=msgspec.structs.replace(till.till.settings.day, remind_close_at="00:01"),
        )
        till.app.refresh_header()
        await till.pilot.pause()
        row = till.text().splitlines()[0]

        assert header_state(till.till).reminder
        assert "!10:00" in row
        assert cells(row) <= 80


def test_in_lines_of_text_it_is_said_once(home):
    from pos.bootstrap import build_till, close_till
    from pos.store.clock import FixedClock

    status(home, away())
    till = build_till(home, clock=FixedClock(START))
    out: list[str] = []
    plain = PlainTill(till, out.append)
    try:
        till.status.backup = "failed"
        plain.start()
        assert "/media/stick" in "".join(out)
        out.clear()
        plain.line("1002")
        plain.line("1470")
        plain.line("")
        plain.line("500")
        assert "/media/stick" not in "".join(out)
    finally:
        close_till(till)
