"""One seed's world: clock, queue of events, dice, and the story that the dice tell."""

from __future__ import annotations

import heapq
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from pos.store import writing
from sync.head_office import feed, projections
from sync.protocol import FeedBarcode, FeedChanges, FeedHold, FeedItem, FeedOperator, FeedPrice
from sync.segments import export_segments
from tests.sync.simulation import template
from tests.sync.simulation.checks import Checks, Violation
from tests.sync.simulation.faults import SimulatedKill
from tests.sync.simulation.network import Network
from tests.sync.simulation.office import Office
from tests.sync.simulation.till import Till

MAX_EVENTS = 5_000
HEAL_MS = 6 * 3_600_000


class World:
    """Everything that one seed decides. `run` tells the story and checks its end."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self.folder = folder
        self.random = random.Random(seed)
        self.started_ms = self.now_ms = template.START_MS
        self.counts: Counter[str] = Counter()
        self.ledger: dict[str, tuple[str, Any]] = {}
        """entry_uuid → (business day, body) of everything that any till ever committed."""

        self.heads: dict[str, int] = {}
        """Epoch → highest sequence that was ever on a till's disk."""

        self.damaged: set[str] = set()
        self.transactions = 0
        self.faulty = True
        self.interval_ms = 600_000
        dice = self.random
        self.batch_entries = dice.choice((2, 5, 20, 500))
        self.proxy_limit = dice.choice((0, 0, 0, 900))
        self.rates = {
            # Swarm: each seed leaves some faults out, so that the others are not drowned.
            name: dice.choice((0.0, rate / 2, rate))
            for name, rate in (
                ("lost request", 0.15),
                ("stranger", 0.12),
                ("delayed", 0.12),
                ("lost answer", 0.2),
                ("repeated", 0.25),
            )
        }
        self._queue: list[tuple[int, int, Callable[[], Any]]] = []
        self._number = 0
        self._events = 0
        source = template.template()
        shutil.copytree(source / "office", folder / "office")
        self.checks = Checks(self)
        self.network = Network(self)
        self.office = Office(self, folder / "office")
        self.tills: list[Till] = []
        for number in range(1, dice.choice((1, 1, 2, 2, 3)) + 1):
            shutil.copytree(source / f"till{number}", folder / f"till{number}")
            self.tills.append(
                Till(self, f"till{number}", number, folder / f"till{number}", f"m{number}")
            )

    # --------------------------------------------------------------------------- events

    def at(self, when_ms: int, what: Callable[[], Any]) -> None:
        """Let something happen at a time; ties happen in the order in which they were asked for."""
        self._number += 1
        heapq.heappush(self._queue, (when_ms, self._number, what))

    def count(self, what: str) -> None:
        """Remember that something happened, for the coverage table."""
        self.counts[what] += 1

    def run_until(self, when_ms: int) -> None:
        """Let everything happen that is due."""
        while self._queue and self._queue[0][0] <= when_ms:
            due, _, what = heapq.heappop(self._queue)
            self.now_ms = max(self.now_ms, due)
            what()
            self._events += 1
            if self._events > MAX_EVENTS:
                raise Violation("the exchange goes round in circles: too many events")
        self.now_ms = max(self.now_ms, when_ms)

    # ---------------------------------------------------------------------------- story

    def run(self) -> None:
        """Trouble, then peace, then the reckoning. Raises Violation."""
        for _ in range(self.random.randrange(12, 40)):
            self.run_until(self.now_ms + self.random.choice((50, 2_000, 20_000, 180_000)))
            self._something()
        self.run_until(self.now_ms + 1_000)
        self._heal()
        self.checks.reckoning()

    def _something(self) -> None:
        dice = self.random
        actions: list[tuple[float, Callable[[Till], object]]] = [
            (10.0, lambda till: till.sell(dice.choice((1, 1, 2, 3, 8)))),
            (1.0, self._kill_till),
            (1.5, self._kill_uploader),
            (1.5, self.light_uploader),
            (1.5, self._light_office),
            (1.0, lambda _till: self._office_outage()),
            (1.2, lambda _till: self._back_up_office()),
            (0.8, lambda _till: self._restore_office()),
            (1.8, lambda till: till.back_up()),
            (1.8, self._restore_till),
            (0.7, self._clone),
            (1.0, lambda _till: self._enrol_again()),
            (2.0, lambda _till: self._publish()),
            (0.8, self._stick),
            (1.0, lambda till: till.act()),
            (0.25, self._damage),
            (1.5, self._roll_over),
        ]
        weights = [weight for weight, _ in actions]
        action = dice.choices([do for _, do in actions], weights)[0]
        action(dice.choice(self.tills))

    def _kill_till(self, till: Till) -> None:
        if till.fragile:
            self.count("till killed")
            till.sell_and_die()
            till.open_journal() if till.journal is None else None

    def _kill_uploader(self, till: Till) -> None:
        if till.engine is not None:
            self.count("uploader killed")
            till.kill_uploader()
            self.at(self.now_ms + self.random.randrange(60_000), lambda: self._start(till))

    def light_uploader(self, till: Till, within: int = 5) -> None:
        """Let the uploader die in one of its next transactions of reference.db."""
        till.fuse.light(self.random.randint(1, within), after_commit=self.random.random() < 0.5)

    def uploader_died(self, till: Till) -> None:
        """The fuse burned down inside a transaction of reference.db."""
        self.count("uploader killed inside a transaction")
        till.kill_uploader()
        self.at(self.now_ms + self.random.randrange(60_000), lambda: self._start(till))

    def _start(self, till: Till) -> None:
        if till.engine is None:
            till.start_uploader()

    def _light_office(self, _till: Till) -> None:
        self.office.fuse.light(
            self.random.randrange(1, 6), after_commit=self.random.random() < 0.5
        )

    def office_died(self) -> None:
        """Head office's process is gone; it comes back."""
        self.office.kill()
        self.at(self.now_ms + self.random.randrange(120_000), self._start_office)

    def _start_office(self) -> None:
        if not self.office.up:
            self.office.start()

    def _office_outage(self) -> None:
        if self.office.up:
            self.count("office down")
            self.office_died()

    def _back_up_office(self) -> None:
        if self.office.up:
            self.office.back_up()

    def _restore_office(self) -> None:
        if self.office.has_backup:
            by_hand = self.random.random() < 0.25
            self.count("office restored by hand" if by_hand else "office restored")
            self.office.restore(self.random.randrange(100), by_hand=by_hand)
            self.checks.office_restored()

    def _restore_till(self, till: Till) -> None:
        if till.has_backup and till.fragile:
            how = self.random.choice(("image", "journal", "proper"))
            self.count(f"till restored ({how})")
            till.restore(how=how)

    def _clone(self, till: Till) -> None:
        clones = sum(other.number == till.number for other in self.tills)
        if till.fragile and till.journal is not None and clones < 3 and len(self.tills) < 5:
            self.count("till cloned")
            home = self.folder / f"clone{len(self.tills)}"
            till.copy_files(home)
            name = f"{till.name}x{clones}"
            self.tills.append(Till(self, name, till.number, home, f"{till.machine}-{clones}"))
            self.tills[-1].day, self.tills[-1].number_of_day = till.day, till.number_of_day

    def _publish(self) -> None:
        if not self.office.up:
            return
        dice = self.random
        codes = dice.sample(("A", "B", "C", "D", "苹果"), dice.randrange(1, 4))
        held = dice.sample(("h1", "h2", "h3"), 2)
        changes = FeedChanges(
            items=tuple(
                FeedItem(item_code=code, name=f"{code} {dice.randrange(100)}") for code in codes
            ),
            prices=tuple(
                FeedPrice(
                    item_code=code,
                    effective_day="2026-11-01",
                    unit_price_e4=dice.randrange(1, 10**6),
                )
                for code in codes
            ),
            barcodes=(FeedBarcode(code=f"69{dice.randrange(4)}", item_code=codes[0]),),
            holds=(FeedHold(hold_id=held[0], item_code=codes[0]),) if dice.random() < 0.3 else (),
            operators=(
                FeedOperator(operator_id=f"{dice.randrange(4)}", name="人", role="cashier"),
            ),
            removed={"holds": (held[1],)} if dice.random() < 0.3 else {},
        )
        try:
            self.office.publish(changes)
        except SimulatedKill:
            self.count("office killed inside a transaction")
            self.office_died()

    def _stick(self, till: Till) -> None:
        """Carry a journal segment to head office by hand, at once or when it is old (R24)."""
        if till.journal is None:
            return
        file = self.folder / f"stick-{self._number}"
        everything = self.random.random() < 0.3
        if not export_segments(till.home, file, everything=everything, clock=till.clock).entries:
            return
        self.at(self.now_ms + self.random.choice((0, 600_000)), lambda: self._plug_in(file))

    def _plug_in(self, file: Path) -> None:
        if not self.office.up:
            return
        try:
            self.count("stick: new" if self.office.take_stick(file) else "stick: nothing new")
        except SimulatedKill:
            self.count("office killed inside a transaction")
            self.office_died()
            return
        self.checks.watermarks()

    def _roll_over(self, till: Till) -> None:
        """Close the day; a while later the year's journal is closed, if nothing is in the way."""
        till.close_day()
        steps = ("draft", "carry", "verify", "sync", "close", "commit")
        die_at = self.random.choice(steps) if self.random.random() < 0.2 else ""
        when = self.now_ms + self.random.choice((1_000, 5_000, 30_000))
        self.at(when, lambda: till.roll_over(die_at=die_at))

    def _damage(self, till: Till) -> None:
        if till.journal is not None and till.fragile and till.engine is not None:
            till.sell(1)
            till.damage_last_entry()
            self.count("entry damaged")

    def _enrol_again(self) -> int:
        """Someone reads a new code to every till that head office no longer knows."""
        enrolled = 0
        for till in self.tills:
            if till.engine is None or not self.office.up:
                continue
            if till.engine.status.last_error.startswith("credential"):
                try:
                    till.enrol_again(self.office.service.auth)
                except SimulatedKill:
                    self.office_died()
                    continue
                enrolled += 1
                self.count("till enrolled again")
        return enrolled

    # -------------------------------------------------------------------------- the end

    def _heal(self) -> None:
        """No more faults; everybody lives; wait until nothing is left to say."""
        self.faulty = False
        self.office.fuse.put_out()
        self._start_office()
        for till in self.tills:
            till.fuse.put_out()
            if till.journal is None:
                till.open_journal()
            self._start(till)
            till.wake(0)
        began = self.now_ms
        while self.now_ms < began + HEAL_MS:
            self.run_until(self.now_ms + 300_000)
            acted = sum(till.act() for till in self.tills) + self._enrol_again()
            # Everybody has compared notes since the last trouble.
            quiet = self.now_ms > began + 4 * self.interval_ms
            if quiet and not acted and all(till.settled() for till in self.tills):
                return
        troubles = {
            till.name: till.engine.status.last_error if till.engine else "no uploader"
            for till in self.tills
        }
        raise Violation(f"never drained: {troubles}")

    def close(self) -> None:
        """Let every file go."""
        for till in self.tills:
            till.kill_till()
            till.kill_uploader()
        if self.office.up:
            self.office.kill()


@contextmanager
def dice_for_uuids(seed: int) -> Iterator[None]:
    """While it lasts, the journal's random bytes come from the seed."""
    dice = random.Random(f"uuids {seed}")
    with (
        patch.object(writing, "os", SimpleNamespace(urandom=dice.randbytes)),
        # A handful of goods makes a snapshot of many pages, and a few batches a fold.
        patch.object(feed, "SNAPSHOT_PAGE_ROWS", 2),
        patch.object(projections, "FOLD_AFTER_BATCHES", 3),
    ):
        yield
