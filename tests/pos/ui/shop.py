"""A real shop for the screens: the sample goods in real SQLite files, a till, and hands."""

from __future__ import annotations

import asyncio
import shutil
import tomllib
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from textual.app import App
from textual.widget import Widget

import pos.ui  # noqa: F401 - sets Textual's switches before it is imported
from pos.bootstrap import build_till, close_till
from pos.config import config_dir, load_sample_shop
from pos.domain.journal.people_bodies import OperatorSet
from pos.services import operators
from pos.services.context import Operator, Till
from pos.services.pins import PinParameters, make_verifier
from pos.store.clock import FixedClock
from pos.store.item_import import run_import
from pos.store.pepper import load_pepper
from pos.store.reference_values import Changes, Hold, QuickKey
from pos.store.reference_writer import ReferenceWriter
from pos.ui.app import TillApp
from pos.ui.scan_router import ScanEvent
from pos.ui.text_grid import clipped

WINE, NOODLES, HOTPOT = "6901666783853", "6906018916897", "6906018217741"
"""葡园解百纳干红 68.00, 蜀味堂酸辣粉 5.90, 蜀味堂自热火锅 19.90."""

HELD = "6906018748979"
"""蜀味堂重阳糕, which head office holds."""

MISREAD = "6909999999999"
NOBODYS = "6901234567892"
"""A right code that the shop does not know."""

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = "2026-11-21"

SETTINGS = """
[store]
store_id = "0101"
name = "人民路便民超市"
name_en = "Renmin Road Corner Market"
[workstation]
workstation_id = "01"
label = "1 号台"
[approval]
alone = "review_next_day"
"""


def make_home(folder: Path) -> Path:
    """A home with the sample goods and one held item."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "guitai.toml").write_text(SETTINGS, encoding="utf-8")
    sample = config_dir() / "sample_shop"
    keys = tomllib.loads((sample / "quick_keys.toml").read_text(encoding="utf-8"))["quick_keys"]
    with ReferenceWriter.open(folder, app_version="test") as writer:
        run_import(writer, sample / "items.csv", effective_day="2026-01-01")
        writer.add_local(
            Changes(
                holds=[Hold(hold_id="H1", item_code="200094", reason="抽检不合格")],
                quick_keys=[
                    QuickKey(
                        position=key["number"], item_code=key["item_code"], label=key["label"]
                    )
                    for key in keys
                ],
            )
        )
    staff(folder)
    return folder


def staff(folder: Path) -> None:
    """The sample shop's people with their PINs, cheaply hashed."""
    pepper = load_pepper(folder)
    cheap = PinParameters(memory_kib=8, iterations=1, parallelism=1)
    bodies = tuple(
        OperatorSet(
            operator_id=one.operator_id,
            name=one.name,
            role=one.role,
            language=one.language,
            verifier=make_verifier(one.pin, pepper, parameters=cheap),
        )
        for one in load_sample_shop().operators
    )
    till = build_till(folder, clock=FixedClock(START))
    try:
        operators.install_operators(till.journal, bodies)
    finally:
        close_till(till)


def copy_home(template: Path, folder: Path) -> Path:
    """A fresh copy of a home."""
    shutil.copytree(template, folder)
    return folder


class Hands:
    """A cashier at the keyboard and the scanner."""

    def __init__(self, app: TillApp, pilot) -> None:
        self.app = app
        self.till: Till = app.till
        self.pilot = pilot
        self.rings = 0
        self.now = 1000.0

    async def press(self, *keys: str, gap: float = 2.0) -> None:
        """Press keys one after the other, `gap` seconds apart on the till's own clock."""
        for key in keys:
            self.now += gap
            self.app.press(key)
            await self.pause()

    async def type(self, text: str) -> None:
        await self.press(*text)

    async def scan(self, code: str, symbology: str | None = None) -> None:
        self.app.post_scan(ScanEvent(code.encode(), "counter", 0, symbology))
        await self.pause()

    async def pause(self) -> None:
        """Until the screen stands still; what waits for the disk gets a moment for it."""
        await self.pilot.pause()
        for _ in range(5):
            if not self.app._flow_waits():
                return
            await asyncio.sleep(0.01)
            await self.pilot.pause()

    async def approve(self, number="3001", pin="7531", reason="") -> None:
        """Another person types number and PIN into the approval dialog."""
        assert type(self.screen).__name__ == "ApprovalScreen", type(self.screen).__name__
        await self.type(number)
        await self.press("enter")
        await self.type(pin)
        await self.press("enter", *reason, "enter")
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is being written and the screen stands still."""
        for _ in range(200):
            self.till.journal.run(lambda _txn: None)
            await self.pilot.pause()
            if not self.app._flow_waits():
                break
            await asyncio.sleep(0.005)
        await self.pilot.pause()

    def text(self) -> str:
        return screen_text(self.app)

    @property
    def screen(self):
        return self.app.screen

    @property
    def cart(self):
        return self.till.sale.cart


def screen_text(app: App) -> str:
    """What the terminal shows, as lines of text, trailing blanks cut."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def widgets(app: App) -> list[Widget]:
    return list(app.screen.walk_children(Widget))


@asynccontextmanager
async def trading(
    home: Path, *, role="manager", size=(80, 24), sign_on=True, settings=None, lang="en", **more
):
    """A till app over a home; signed on and with an open day unless told otherwise."""
    clipped.clear()
    clock = FixedClock(START)
    till = build_till(home, clock=clock, settings=settings)
    if sign_on:
        number, name = {"cashier": ("1001", "李娜"), "manager": ("8001", "周建国")}[role]
        till.operator = Operator(
            operator_id=number, name=name, role=till.roles[role], language="zh_CN"
        )
        till.business_day = till.business_day or DAY
        till.shift_no = till.shift_no or 1
    hands: Hands | None = None
    app = TillApp(till, monotonic=lambda: hands.now if hands is not None else 1000.0, **more)
    try:
        async with app.run_test(size=size) as pilot:
            hands = Hands(app, pilot)
            app.bell = lambda: setattr(hands, "rings", hands.rings + 1)  # type: ignore[method-assign]
            await pilot.pause()
            app.use_language(lang)
            await pilot.pause()
            yield hands
    finally:
        close_till(till)


def with_settings(settings, **groups):
    """Settings with single values of groups replaced: `payment={"enter": "exact"}`."""
    changed = {
        name: msgspec.structs.replace(getattr(settings, name), **values)
        for name, values in groups.items()
    }
    return msgspec.structs.replace(settings, **changed)
