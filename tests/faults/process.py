"""The headless till as a child process, alone or under strace, and its home."""

from __future__ import annotations

import json
import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import Findings, check

CHECKOUT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@dataclass(frozen=True)
class Home:
    """A till's home, its acknowledgement file, and where copies for checking go."""

    path: Path
    acks: Path
    copy: Path

    def command(self, *arguments: str) -> list[str]:
        """Command line of the headless till on this home."""
        return [
            sys.executable, "-m", "tests.faults.headless_till",
            "--home", str(self.path), "--acks", str(self.acks), *arguments,
        ]  # fmt: skip

    def check(self) -> Findings:
        """Look at the home as it is now."""
        return check(self.path, self.acks, self.copy)

    def run(self, *arguments: str) -> None:
        """Run the headless till to its end; raises CalledProcessError with what it said."""
        done = subprocess.run(
            self.command(*arguments), cwd=CHECKOUT, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


class Running:
    """A running headless till and the JSON lines it says."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[dict[str, Any]] = []
        self.pid = 0
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """The next line, or None at the end or when nothing came in time."""
        try:
            line = self._lines.get(timeout=max(timeout_s, 0.001))
        except queue.Empty:
            return None
        if line is None:
            self._lines.put(None)
            return None
        try:
            fact: dict[str, Any] = json.loads(line)
        except ValueError:
            return {}
        self.said.append(fact)
        self.pid = int(fact.get("ready", self.pid))
        return fact

    def wait_for(self, key: str, value: object = ..., timeout_s: float = START_TIMEOUT_S) -> bool:
        """Read until a line has `key` (with `value`); False at the end or when time is up."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            fact = self.next(left)
            if fact is None:
                return False
            if key in fact and value in (..., fact[key]):
                return True
        return False

    def kill(self) -> None:
        """kill -9 of the till itself, under strace too."""
        with suppress(ProcessLookupError):
            os.kill(self.pid or self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def errors(self) -> str:
        """What went to standard error, once the process has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def running(command: Sequence[str]) -> Iterator[Running]:
    """A till that is certainly dead afterwards."""
    till = Running(command)
    try:
        yield till
    finally:
        if till.process.poll() is None:
            till.kill()
        for stream in (till.process.stdin, till.process.stdout, till.process.stderr):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None)
if sys.argv[2] == "reading":
    connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
print("holding", flush=True)
sys.stdin.readline()
"""


@contextmanager
def holding(database: Path, how: str) -> Iterator[None]:
    """Another process that has the file open: `none`, `open`, or `reading` in a transaction."""
    if how == "none":
        yield
        return
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(database), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 30)
        assert ready
        assert process.stdout.readline() == b"holding\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def strace(*options: str, log: Path | str = "/dev/null", command: Sequence[str]) -> list[str]:
    """`command` under strace, following threads."""
    return ["strace", "-f", "-qq", "-o", str(log), *options, *command]
