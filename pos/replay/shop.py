"""The shop that a roll is traded in: head office and tills, each a process or home of its own."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Self

from pos.config import set_value
from pos.domain.money import format_unit_price
from pos.replay.reading import RollSummary, folder_name
from pos.setup import is_enrolled
from pos.supervisor import Child, ChildFailed, run_command, start_head_office, uploader


def till_home(directory: Path, store_id: str, workstation_id: str) -> Path:
    """Home of one till under the replay's folder."""
    return directory / "tills" / folder_name(store_id, workstation_id)


class ReplayShop:
    """Head office and tills of a replay; stops its processes when it is left."""

    def __init__(self, directory: Path, currency: str) -> None:
        self.directory = directory
        self.currency = currency
        self.url = ""
        self._head_office: Child | None = None
        self._uploaders: list[Child] = []
        self._stores: set[str] = set()

    def __enter__(self) -> Self:
        """Return the shop."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop uploaders, then head office."""
        for child in self._uploaders:
            child.stop()
        if self._head_office is not None:
            self._head_office.stop()

    @property
    def head_office_home(self) -> Path:
        """Home of the replay's own head office."""
        return self.directory / "head-office"

    def open_head_office(self, database: str | None) -> None:
        """Set head office up, unless it is there already, and start it."""
        home = self.head_office_home
        home.mkdir(parents=True, exist_ok=True)
        arguments = ["sync.head_office", "init", "--home", str(home), "--currency", self.currency]
        if database:
            arguments += ["--database", database]
        run_command(arguments)  # changes nothing that is there already
        self._head_office, self.url = start_head_office(
            home, self.directory / "logs" / "head-office.out"
        )

    def write_items(self, summary: RollSummary) -> Path:
        """Write the roll's items with their first prices as a file for `hq import-items`."""
        path = self.directory / "items.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["item_code", "name", "price"])
            for code, item in summary.items.items():
                writer.writerow(
                    [code, item.description or code, format_unit_price(item.unit_price_e4)]
                )
        return path

    def import_items(self, summary: RollSummary) -> None:
        """Items and first prices of the roll go into head office; tills get them by the feed."""
        run_command(
            [
                "sync.head_office",
                "import-items",
                "--home",
                str(self.head_office_home),
                "--effective-day",
                summary.first_day,
                str(self.write_items(summary)),
            ]
        )

    def enrol(self, store_id: str, workstation_id: str, code: str | None) -> Path:
        """Make a till's home and enrol it, once; `code` None asks the replay's own head office."""
        home = till_home(self.directory, store_id, workstation_id)
        if is_enrolled(home):
            return home
        if code is None and self._head_office is None:
            msg = f"store {store_id} workstation {workstation_id} has no enrolment code"
            raise ChildFailed(msg, "Add its row to the file of --enrol-codes.")
        home.mkdir(parents=True, exist_ok=True)
        for key, value in (
            ("store.store_id", store_id),
            ("store.currency", self.currency),
            ("workstation.workstation_id", workstation_id),
            ("receipt.printing", "off"),
            ("sync.head_office_url", self.url),
        ):
            set_value(home, key, value)
        if code is None:
            code = self._code(store_id, workstation_id)
        run_command(["sync", "enrol", "--home", str(home), "--url", self.url, "--code", code])
        return home

    def use_url(self, home: Path) -> None:
        """Tell a till where head office is in this run (its port changes)."""
        set_value(home, "sync.head_office_url", self.url)

    def pull(self, home: Path) -> None:
        """Bring a till up to head office's catalogue before it trades."""
        run_command(["sync", "once", "--home", str(home)])

    def start_uploader(self, home: Path) -> None:
        """Start the till's own uploader process."""
        child = uploader(home)
        child.start()
        self._uploaders.append(child)

    def check(self) -> None:
        """Raise ChildFailed when a process of the shop has died."""
        for child in (self._head_office, *self._uploaders):
            if child is not None and not child.running:
                msg = f"`{' '.join(child.arguments[:3])}` ended"
                raise ChildFailed(msg, child.last_words())

    def _code(self, store_id: str, workstation_id: str) -> str:
        home = str(self.head_office_home)
        if store_id not in self._stores:
            place = ["--home", home, store_id, "--currency", self.currency]
            run_command(["sync.head_office", "add-store", *place])
            self._stores.add(store_id)
        answer = run_command(
            [
                "sync.head_office",
                "enrol",
                "--home",
                home,
                "--store",
                store_id,
                "--workstation",
                workstation_id,
                "--json",
            ]
        )
        return str(json.loads(answer)["code"])
