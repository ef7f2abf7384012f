"""The demonstration's shop: a till's home, a head office on loopback, simulated devices.

Everything is what a real shop has, in a folder of its own: the same commands set it up, the same
processes run it, and the devices are reached through pseudo-terminals by the real drivers.
"""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyPrinter
from pos.config import load_sample_shop, set_value
from pos.demo.devices import Control, DemoDevices
from pos.demo.opening import post_opening
from pos.services.simulation import Simulation
from pos.setup import NewOperator, set_up_home
from pos.supervisor import Child, run_command, start_head_office

STORE = "0101"
WORKSTATION = "01"


class DemoShop:
    """Set up once, run any number of times; stops what it started when it is left."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = ""
        self.password = ""
        self._head_office: Child | None = None
        self._devices: DemoDevices | None = None
        self._control: Control | None = None

    @property
    def head_office_home(self) -> Path:
        """Home of the demonstration's head office."""
        return self.directory / "head-office"

    @property
    def till_home(self) -> Path:
        """Home of the demonstration's till."""
        return self.directory / "tills" / f"{STORE}-{WORKSTATION}"

    @property
    def devices(self) -> DemoDevices:
        """The simulated devices; there once the shop is open."""
        if self._devices is None:
            msg = "the demonstration's shop is not open"
            raise RuntimeError(msg)
        return self._devices

    @property
    def scanner(self) -> PtyScanner:
        """The simulated scanner."""
        return self.devices.scanner

    @property
    def printer(self) -> PtyPrinter:
        """The simulated printer."""
        return self.devices.printer

    def open(self) -> None:
        """Set the shop up when it is new, start head office and plug the devices in."""
        self.directory.mkdir(parents=True, exist_ok=True)
        # A set-up that was broken off left a till without head office: it begins again.
        unfinished = self.directory / "unfinished"
        if unfinished.exists():
            for part in (self.head_office_home, self.till_home.parent):
                shutil.rmtree(part, ignore_errors=True)
        new = not (self.till_home / "guitai.toml").exists()
        if new:
            unfinished.touch()
        with ThreadPoolExecutor(2) as pool:
            # Two cores, two jobs: head office with its items, and the till's people.
            office = pool.submit(self._open_head_office, new=new)
            till = pool.submit(self._set_up_till) if new else None
            office.result()
            if till is not None:
                till.result()
        for key, value in {
            "sync.head_office_url": self.url,
            "scale.url": f"serial:{self.directory / 'scale'}",
            "scale.profile": "cas-pd2",
            "customer_display.url": f"serial:{self.directory / 'display'}",
            "customer_display.profile": "lcd-gbk",
        }.items():
            set_value(self.till_home, key, value)
        if new:
            self._enrol()
            # Once the till is head office's: an entry from before carries no till's name.
            post_opening(self.till_home)
            self._sync_once()
            unfinished.unlink()
        (self.directory / "head-office.txt").write_text(
            f"{self.url}\nadmin\n{self.password}\n", encoding="utf-8"
        )
        self._devices = DemoDevices(self.directory)
        self._control = Control(self.directory / "control", self._devices)
        self._control.start()

    def close(self) -> None:
        """Unplug the devices and stop head office."""
        for part in (self._control, self._devices):
            if part is not None:
                part.close()
        if self._head_office is not None:
            self._head_office.stop()

    def __enter__(self) -> Self:
        """Open the shop."""
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close the shop."""
        self.close()

    def till_arguments(self) -> list[str]:
        """What `pos run` is called with in this shop."""
        return [
            "-m",
            "pos",
            "run",
            "--home",
            str(self.till_home),
            "--demo-shop",
            str(self.directory / "control"),
            "--scanner",
            self.scanner.url,
            "--printer",
            self.printer.url,
        ]

    def _open_head_office(self, *, new: bool) -> None:
        home = self.head_office_home
        if new:
            home.mkdir(parents=True, exist_ok=True)
            answer = run_command(
                ["sync.head_office", "init", "--home", str(home), "--currency", "CNY", "--json"]
            )
            self.password = str(json.loads(answer).get("password", ""))
            (self.directory / "head-office-password").write_text(self.password)
            sample = load_sample_shop()
            run_command(
                [
                    "sync.head_office",
                    "add-store",
                    "--home",
                    str(home),
                    STORE,
                    "--name",
                    str(sample.settings.get("store.name", "")),
                    "--currency",
                    "CNY",
                ]
            )
            run_command(["sync.head_office", "sample-shop", "--home", str(home), "--store", STORE])
        else:
            stored = self.directory / "head-office-password"
            self.password = stored.read_text() if stored.exists() else ""
        self._head_office, self.url = start_head_office(
            home, self.directory / "logs" / "head-office.out"
        )

    def _set_up_till(self) -> None:
        sample = load_sample_shop()
        set_up_home(
            self.till_home,
            values={
                **sample.settings,
                "store.store_id": STORE,
                "workstation.workstation_id": WORKSTATION,
            },
            operators=[
                NewOperator(
                    operator_id=one.operator_id,
                    name=one.name,
                    role=one.role,
                    pin=one.pin,
                    language=one.language,
                )
                for one in sample.operators
            ],
            quick_keys=sample.quick_keys,
            demo=True,
        )

    def _enrol(self) -> None:
        answer = run_command(
            [
                "sync.head_office",
                "enrol",
                "--home",
                str(self.head_office_home),
                "--store",
                STORE,
                "--workstation",
                WORKSTATION,
                "--json",
            ]
        )
        code = str(json.loads(answer)["code"])
        run_command(
            ["sync", "enrol", "--home", str(self.till_home), "--url", self.url, "--code", code]
        )

    def _sync_once(self) -> None:
        run_command(["sync", "once", "--home", str(self.till_home)])


def tell(directory: Path, words: list[str]) -> str:
    """Say something to the devices of a demonstration that runs in another terminal."""
    return Simulation(directory / "control").tell(*words)
