"""A second writer is refused and told who the first one is; a dead holder holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pos.store.errors import FileLocked
from pos.store.locks import FileLock, is_held, read_holder

HOLD = (
    "import sys; from pathlib import Path; from pos.store.locks import FileLock;"
    "lock = FileLock.acquire(Path(sys.argv[1]), 'pos-sync run'); print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "reference.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_by_the_name_of_the_first(tmp_path, holder):
    with pytest.raises(FileLocked) as caught:
        FileLock.acquire(tmp_path / "reference.lock")

    assert f"process {holder.pid}: pos-sync run" in str(caught.value)
    assert is_held(tmp_path / "reference.lock")


def test_a_killed_holder_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()

    assert not is_held(tmp_path / "reference.lock")
    with FileLock.acquire(tmp_path / "reference.lock", "pos import"):
        assert read_holder(tmp_path / "reference.lock").pid == os.getpid()
    assert read_holder(tmp_path / "reference.lock").pid == 0


def test_the_same_process_cannot_hold_it_twice(tmp_path):
    with FileLock.acquire(tmp_path / "reference.lock"), pytest.raises(FileLocked):
        FileLock.acquire(tmp_path / "reference.lock")
    FileLock.acquire(tmp_path / "reference.lock").release()
