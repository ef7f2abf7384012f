"""Ours, bar 6: an item list (CSV) into an empty catalogue, as `pos import` does it."""

from __future__ import annotations

import resource
import shutil
import sys
import time
from pathlib import Path

from pos.store.item_import import run_import
from pos.store.reference_writer import ReferenceWriter
from pos.version import __version__
from tests.bench.baselines.answering import serve


def main(path: Path, home: Path) -> None:
    """Import `path` into `home`, again and again."""

    def load() -> list[float]:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        with ReferenceWriter.open(home, app_version=__version__) as writer:
            begun = time.perf_counter()
            plan = run_import(writer, path, effective_day="2020-01-01")
            taken = time.perf_counter() - begun
        assert plan.bad_rows == 0, plan.problems[:3]
        return [taken]

    def memory() -> float:
        """Most memory used so far, in MB."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    serve(load=load, memory=memory)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
