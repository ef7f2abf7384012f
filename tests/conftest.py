"""For every test: scratch in memory, databases from templates, groups of xdist, no property short of time."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import HealthCheck, settings

from tests.support.schema_templates import schema_templates

settings.register_profile(
    "guitai", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("guitai")  # a busy machine is no counterexample

MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 4 << 30


def _scratch_in_memory() -> None:
    """Put temporary folders into memory where there is plenty: most of a test's time is fsync.

    What is about disks chooses its place itself (tests/faults). TMPDIR and pytest's own variable
    are left alone when somebody has set them.
    """
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        if shutil.disk_usage(MEMORY).free < MEMORY_BYTES_MIN:
            return
        os.environ.setdefault("TMPDIR", str(MEMORY))
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", os.environ["TMPDIR"])
        tempfile.tempdir = None  # ask the environment again


_scratch_in_memory()


@pytest.fixture(scope="session", autouse=True)
def _databases_from_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Migrate a new journal, reference and head office once per worker, not once per test."""
    with schema_templates(tmp_path_factory.mktemp("schema")):
        yield


def _seconds_allowed(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker is not None and marker.args else 0.0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The slow suites begin with what is allowed most time, so that no long test is left for last."""
    if config.getoption("dist", "no") == "loadgroup" or os.environ.get("PYTEST_XDIST_WORKER"):
        items.sort(key=_seconds_allowed, reverse=True)


@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def pytest_keep_groups_together(items: list[pytest.Item]) -> None:
    """Keep the tests of one xdist group on one worker.

    xdist 3.8 names the group in an item's `_nodeid`, which pytest 9.2 no longer reads: every roll
    would silently be traded once by each worker. Goes when xdist writes what pytest reads.
    """
    for item in items:
        grouped = vars(item).get("_nodeid", "")
        if grouped and item.nodeid != grouped:
            item._id = coerce_node_id(grouped)
            assert item.nodeid == grouped, "the groups of pytest-xdist are lost"
