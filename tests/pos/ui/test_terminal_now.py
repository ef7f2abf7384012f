"""What a scan paints goes to the terminal at once, in its order, whole, and never waits there."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from typing import IO, Any, cast

import pytest
from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread

from pos.ui.terminal_now import TerminalNow


class Far:
    """A driver's writing half on a pseudo-terminal, and our end of it."""

    def __init__(self, *, runs: bool = True) -> None:
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self._file: IO[str] = os.fdopen(theirs, "w", encoding="utf-8")
        self._writer_thread = WriterThread(self._file)
        if runs:
            self._writer_thread.start()
            while not self._writer_thread._queue.not_empty._waiters:  # type: ignore[attr-defined]
                pass
        self.queued: list[str] = []

    def write(self, text: str) -> None:
        self.queued.append(text)
        self._writer_thread.write(text)

    def read(self, size: int) -> str:
        data = b""
        while len(data) < size:
            data += os.read(self.ours, size - len(data))
        return data.decode("utf-8")

    def close(self) -> None:
        if self._writer_thread.is_alive():
            self._writer_thread.stop()
        self._file.close()
        os.close(self.ours)

    @property
    def driver(self) -> Driver:
        return cast("Driver", self)


@pytest.fixture
def far() -> Iterator[Far]:
    made = Far()
    yield made
    made.close()


def test_with_nothing_on_its_way_it_is_there_when_the_call_returns(far: Far) -> None:
    now = TerminalNow()

    now.write(far.driver, "三鲜面 1.50")

    assert os.read(far.ours, 100).decode() == "三鲜面 1.50"
    assert far.queued == []
    now.close()


def test_behind_what_is_on_its_way_it_keeps_its_place() -> None:
    busy = Far(runs=False)
    now = TerminalNow()
    busy.write("first ")  # its thread has not come to it yet

    now.write(busy.driver, "second")

    assert busy.queued == ["first ", "second"]
    busy._writer_thread.start()
    assert busy.read(12) == "first second"
    now.close()
    busy.close()


def test_a_stopped_terminal_holds_nobody_up_and_loses_no_character(far: Far) -> None:
    now = TerminalNow()
    text = "货品面条" * 40_000  # more than any terminal takes before somebody reads

    done = threading.Event()
    read: list[str] = []

    def write() -> None:
        now.write(far.driver, text)
        done.set()

    writing = threading.Thread(target=write)
    writing.start()
    reading = threading.Thread(target=lambda: read.append(far.read(len(text.encode()))))
    reading.start()
    assert done.wait(10)
    reading.join(10)

    assert read == [text]
    assert "".join(far.queued)  # what it did not take went the other way
    writing.join()
    now.close()


def test_where_no_terminal_can_be_opened_all_goes_textuals_way(
    far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> str:
        raise OSError("no terminal")

    monkeypatch.setattr(os, "ttyname", refused)
    now = TerminalNow()

    now.write(far.driver, "x")

    assert far.queued == ["x"]
    assert far.read(1) == "x"


def test_what_is_written_after_it_was_closed_goes_textuals_way(far: Far) -> None:
    now = TerminalNow()
    now.write(far.driver, "a")
    now.close()

    now.write(far.driver, "b")

    assert far.queued == ["b"]
    assert far.read(2) == "ab"
