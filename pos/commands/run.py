"""`pos run`: open the till on this terminal."""

from __future__ import annotations

import gc
import importlib
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.common import HomeCommand
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from drivers.events import ScannerEvent
    from pos.backups import BackupKeeper
    from pos.config import Settings
    from pos.devices import Devices
    from pos.services.context import Operator, Till
    from pos.ui.app import TillApp

_SETTLED_S = 0.3
"""After the first screen's paint and long before anybody has signed on."""


@click.command(cls=HomeCommand)
@click.option("--home", type=click.Path(path_type=Path), help="Home of this workstation.")
@click.option(
    "--scanner",
    "scanners",
    multiple=True,
    metavar="URL",
    help="serial:PATH instead of the configured scanners (may be repeated).",
)
@click.option(
    "--printer",
    metavar="URL",
    help="serial:PATH, tcp:HOST:PORT or file:PATH instead of the configured printer.",
)
@click.option("--plain", is_flag=True, help="Line mode: for rescue and for screen readers.")
@click.option("--training", is_flag=True, help="Training: own database, nothing counts.")
@click.option("--demo-shop", type=click.Path(path_type=Path), hidden=True)
@click.option("--roll", type=click.Path(exists=True, dir_okay=False, path_type=Path), hidden=True)
def run(
    home: Path | None = None,
    scanners: tuple[str, ...] = (),
    printer: str | None = None,
    *,
    plain: bool = False,
    training: bool = False,
    demo_shop: Path | None = None,
    roll: Path | None = None,
) -> None:
    """Open the till. Options override the configuration."""
    # Textual reads these when it is imported: number-pad keys keep their names, and a second
    # paint within a frame does not wait for the next one.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    os.environ.setdefault("TEXTUAL_FPS", "1000")
    if not plain:
        # Nothing that is made while the program loads is garbage: walking it all, again and
        # again, would be a tenth of the start. The first screen switches it on (`_run_screen`).
        gc.disable()
    from pos.config import load_settings, pos_home
    from pos.supervisor import Supervised, uploader

    folder = pos_home(home)
    if not (folder / "guitai.toml").exists():
        raise click.UsageError(
            _(
                "%(home)s is no till yet. Set it up with `pos init`, or look around with `pos demo`."
            )
            % {"home": folder}
        )
    settings = load_settings(folder)
    children: list[Supervised] = []
    operator = None

    def opened() -> None:
        """The uploader goes on during training: what was sold before it still waits."""
        if (
            settings.sync.supervise
            and settings.sync.head_office_url
            and not (training or children)
        ):
            children.append(Supervised(uploader(folder)))
            children[0].start()

    try:
        while True:
            switched, operator = _one_life(
                folder, settings, scanners, printer, opened,
                training=training, plain=plain, demo_shop=demo_shop, roll=roll, operator=operator,
            )  # fmt: skip
            if not switched:
                return
            # To practise or back: another database, and everything that hangs on it.
            training = not training
    finally:
        for child in children:
            child.stop()


def _one_life(
    folder: Path,
    settings: Settings,
    scanners: tuple[str, ...],
    printer: str | None,
    opened: Callable[[], None],
    *,
    training: bool,
    plain: bool,
    demo_shop: Path | None,
    roll: Path | None,
    operator: Operator | None,
) -> tuple[bool, Operator | None]:
    """Open one database with its devices; whether the other one is wanted next, and by whom.

    Who goes to practise is signed on there; who comes back signs on anew.
    """
    from pos.bootstrap import build_till, close_till
    from pos.devices import connect_devices
    from pos.services import training as practice
    from pos.services import upkeep

    till = build_till(folder, settings=settings, training=training)
    till.operator = operator
    keepers: list[BackupKeeper] = []
    devices = None
    switched = False

    def keep() -> None:
        from pos.backups import keep_backups

        rest = partial(_load_rest, till, folder, plain=plain)
        threading.Thread(target=rest, daemon=True).start()
        keeper = keep_backups(till, folder)
        if keeper is not None:
            keepers.append(keeper)

    try:
        devices = connect_devices(till, scanners, printer)
        if settings.scale.url or settings.customer_display.url:
            from pos.counter import connect_counter

            devices.counter = connect_counter(till)
        if demo_shop is not None:
            from pos.services.simulation import Simulation

            till.simulation = Simulation(demo_shop)
        opened()
        if roll is not None:
            _trade_roll(till, roll)
        if not training:
            practice.end(till)
        upkeep.tick(till)
        if plain:
            keep()
            _run_lines(till, devices)
        else:
            switched = _run_screen(till, devices, keep, demo=demo_shop is not None)
        return switched, till.operator if switched and not training else None
    finally:
        for keeper in keepers:
            keeper.stop()
        if devices is not None:
            devices.close()
        close_till(till)


def _load_rest(till: Till, folder: Path, *, plain: bool) -> None:
    """What takes longer to load than the first screen, before anybody has signed on."""
    from pos.domain.barcode import preload_gs1

    if not plain:
        importlib.import_module("pos.ui.flows.opening")
        importlib.import_module("pos.ui.flows.registry")
        importlib.import_module("pos.ui.screens.sale")
        importlib.import_module("pos.services.goods.stock_watch")
    _keep_log(till, folder)
    preload_gs1()  # not at the first DataMatrix of the day


def _keep_log(till: Till, folder: Path) -> None:
    """Log that the till was opened, and from then on what goes wrong."""
    from pos.config import HomePaths
    from pos.logs import open_log
    from pos.services.context import WriteFailed

    logs = till.settings.logs
    log = open_log(
        HomePaths(folder).logs / "till.log",
        level=logs.level,
        max_bytes=logs.max_bytes,
        keep=logs.keep,
    )
    log.info("till_opened", home=str(folder), seq=till.journal.head()[0])

    def heard(event: object) -> None:
        if isinstance(event, WriteFailed):
            log.error("write_failed", message=event.message)
        else:
            log.info("event", what=type(event).__name__, detail=str(event)[:300])

    till.on_event.append(heard)


def _trade_roll(till: Till, roll: Path) -> None:
    """Trade on the journaled authority of this roll: nobody signs on, and it is the roll's till."""
    import hashlib

    from pos.services import rolls

    with roll.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        rolls.begin_roll(till, roll.name, sha256)
    except rolls.RollRefused as error:
        raise click.ClickException(str(error)) from error
    rolls.drop_unfinished(till)


def _run_lines(till: Till, devices: Devices) -> None:
    from drivers.events import ScanEvent
    from pos.services import upkeep
    from pos.ui.plain import PlainTill, run_plain

    def ready(plain: PlainTill) -> None:
        devices.enable(
            lambda event: plain.post_scan(event) if isinstance(event, ScanEvent) else None
        )

    run_plain(till, ready, upkeep.tick)


def _run_screen(till: Till, devices: Devices, standing: Callable[[], None], *, demo: bool) -> bool:
    """Until the program is left, or (then the answer is True) training begins or ends.

    `standing` is called once, in a moment after the first screen stands.
    """
    from drivers.events import ScanEvent, ScannerStatus
    from pos.services import upkeep
    from pos.ui.app import TillApp

    def settled() -> None:
        """The first screen stands: what it did not need."""
        standing()
        gc.enable()
        gc.collect()
        gc.freeze()  # what start-up made lives as long as the till: no need to walk it again
        gc.set_threshold(20_000, 20, 20)  # a customer's sale, not each few scans

    def ready(app: TillApp) -> None:
        def on_scanner(event: ScannerEvent) -> None:
            if isinstance(event, ScanEvent):
                app.post_scan(event)
            elif isinstance(event, ScannerStatus):
                devices.scanners.note(event.source, event.state)
                till.status.scanner = devices.scanners.state
                app.refresh_header()

        app.on_feedback = devices.scanners.feedback
        devices.enable(on_scanner)
        app.set_timer(_SETTLED_S, settled)

    app = TillApp(till, demo=demo, refresh_status=upkeep.tick, on_ready=ready)
    answer = app.run()
    from pos.ui.flows.registry import SWITCH_TRAINING

    return answer == SWITCH_TRAINING
