"""For every test: groups of `--dist loadgroup` hold, and no property fails for want of time."""

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import HealthCheck, settings

settings.register_profile(
    "guitai", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("guitai")  # a busy machine is no counterexample


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one xdist group on one worker.

    xdist 3.8 names the group in an item's `_nodeid`, which pytest 9.2 no longer reads: every roll
    would silently be traded once by each worker. Goes when xdist writes what pytest reads.
    """
    for item in items:
        grouped = vars(item).get("_nodeid", "")
        if grouped and item.nodeid != grouped:
            item._id = coerce_node_id(grouped)
            assert item.nodeid == grouped, "the groups of pytest-xdist are lost"
