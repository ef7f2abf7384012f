"""Child processes of the till: the uploader beside `pos run`, and the shop of a demo or replay.

The other packages' commands are started as a shop's machines would run them; nothing is imported
upwards. A child is told its parent's pid and ends when that is gone, so nothing is left behind when
the till is killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class ChildFailed(Exception):
    """A child process did not do its work; the hint carries its last words."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Child:
    """One child process whose output goes to a file."""

    def __init__(
        self, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.arguments = list(arguments)
        self.log = log
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
            )

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask it to end, then make it end."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self, characters: int = 2000) -> str:
        """The end of its output."""
        try:
            return self.log.read_bytes()[-characters:].decode("utf-8", "replace").strip()
        except OSError:
            return ""


class Supervised:
    """A child that is started again when it ends, with growing pauses."""

    def __init__(
        self, child: Child, first_pause_s: float = 1.0, longest_pause_s: float = 60.0
    ) -> None:
        self.child = child
        self._pause_s = first_pause_s
        self._longest_s = longest_pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the child and watch it."""
        self.child.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching and end the child."""
        self._stopping.set()
        self.child.stop()
        self._thread.join(5)

    def _watch(self) -> None:
        pause = self._pause_s
        while not self._stopping.is_set():
            process = self.child.process
            if process is None:
                return
            began = time.monotonic()
            process.wait()
            if time.monotonic() - began > self._longest_s:
                pause = self._pause_s
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, self._longest_s)
            self.child.start()


def run_command(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run `python -m ARGUMENTS` to its end and return its output; ChildFailed with its last words."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        words = (done.stderr.decode("utf-8", "replace") or output)[-2000:].strip()
        msg = f"`{' '.join(arguments)}` ended with {done.returncode}"
        raise ChildFailed(msg, words)
    return output


def start_head_office(home: Path, log: Path, extra: Sequence[str] = ()) -> tuple[Child, str]:
    """Start `hq serve` on a free loopback port; returns the child and its URL."""
    ready = log.parent / f"{log.stem}.ready"
    ready.unlink(missing_ok=True)
    child = Child(
        [
            "sync.head_office",
            "serve",
            "--home",
            str(home),
            "--port",
            "0",
            "--ready-file",
            str(ready),
            "--parent-pid",
            str(os.getpid()),
            *extra,
        ],
        log,
    )
    child.start()
    deadline = time.monotonic() + 60
    while not ready.exists() or not ready.read_text().strip():
        if not child.running or time.monotonic() > deadline:
            child.stop()
            msg = "head office did not start"
            raise ChildFailed(msg, child.last_words())
        time.sleep(0.02)
    return child, str(json.loads(ready.read_text())["url"])


def uploader(home: Path) -> Child:
    """`python -m sync run` for a home, ending with this process."""
    return Child(
        ["sync", "run", "--home", str(home), "--parent-pid", str(os.getpid())],
        home / "logs" / "uploader.out",
    )
