"""Running seeds: one, or thousands over both cores; a failure names its seed."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from tests.sync.simulation import template
from tests.sync.simulation.bugs import BUGS
from tests.sync.simulation.checks import Violation
from tests.sync.simulation.faults import SimulatedKill
from tests.sync.simulation.world import World, dice_for_uuids


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How one seed went."""

    seed: int
    violation: str = ""
    counts: dict[str, int] = {}


def run_seed(seed: int, *, bug: str = "") -> Told:
    """One world from beginning to end; `bug` plants one of `BUGS` first."""
    folder = Path(tempfile.mkdtemp(prefix=f"guitai-seed-{seed}-", dir=template.scratch()))
    planted = BUGS[bug].planted(seed) if bug else contextlib.nullcontext()
    violation, counts = "", Counter[str]()
    try:
        template.template()
        with planted, dice_for_uuids(seed), template.current_schema():
            world = World(seed, folder / "world")
            counts = world.counts
            try:
                world.run()
            except Violation as found:
                violation = f"seed {seed}: {found}"
            except (Exception, SimulatedKill) as error:  # noqa: BLE001 - a finding too
                where = traceback.format_exc(limit=-4)
                violation = f"seed {seed}: {type(error).__name__}: {error}\n{where}"
            finally:
                with contextlib.suppress(Exception):
                    world.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Told(seed=seed, violation=violation, counts=dict(counts))


def run_seeds(seeds: Iterable[int], *, bug: str = "", jobs: int = 1) -> Iterator[Told]:
    """Many worlds, in the order of their seeds."""
    if jobs == 1:
        for seed in seeds:
            yield run_seed(seed, bug=bug)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_run, ((seed, bug) for seed in seeds), chunksize=4)


def _run(task: tuple[int, str]) -> Told:
    return run_seed(task[0], bug=task[1])
