"""The terminal: size, colours, locale, how wide it draws Chinese, and whether it can at all."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from pos.doctor.finding import FAIL, OK, WARN, Finding, found
from pos.i18n import N_

COLUMNS, ROWS = 80, 24
_SAMPLE = "柜台"
_ANSWER_S = 0.5
_POSITION = re.compile(rb"\x1b\[(\d+);(\d+)R")


def terminal(_home: Path) -> Iterator[Finding]:
    """At least 80×24, and a kind of terminal that can place text."""
    if not sys.stdout.isatty():
        yield found(
            OK,
            N_("this is no terminal: run `pos doctor` on the till's own screen to check it"),
        )
        return
    columns, rows = shutil.get_terminal_size()
    small = columns < COLUMNS or rows < ROWS
    yield found(
        FAIL if small else OK,
        N_("{columns}×{rows} cells, {kind}, {colours}"),
        N_("The sale screen needs 80×24: a larger window or a smaller font.") if small else "",
        columns=columns,
        rows=rows,
        kind=os.environ.get("TERM", "?"),
        colours=os.environ.get("COLORTERM") or N_("no full colours"),
    )
    if os.environ.get("TERM", "dumb") in {"dumb", ""}:
        yield found(
            FAIL, N_("TERM says that it cannot place text"), N_("Set TERM=xterm-256color.")
        )


def locale(_home: Path) -> Iterator[Finding]:
    """UTF-8, or Chinese turns into question marks."""
    encoding = (sys.stdout.encoding or "?").lower()
    name = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG") or "-"
    good = encoding.replace("-", "") == "utf8"
    yield found(
        OK if good else FAIL,
        N_("{name}, {encoding}"),
        "" if good else N_("Set LANG=C.UTF-8 or LANG=zh_CN.UTF-8 for the till's user."),
        name=name,
        encoding=encoding,
    )


def wide_characters(_home: Path) -> Iterator[Finding]:
    """Ask the terminal where the cursor is after two hanzi: four cells on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    if os.environ.get("TERM") == "linux":
        yield found(
            FAIL,
            N_("the Linux console draws no Chinese"),
            N_("Use a terminal emulator: cage and foot with Noto Sans Mono CJK SC, for example."),
        )
        return
    cells = _drawn_cells(_SAMPLE)
    if cells is None:
        yield found(WARN, N_("the terminal does not say where its cursor is"))
    else:
        good = cells == 4
        yield found(
            OK if good else FAIL,
            N_("two hanzi take {cells} cells"),
            ""
            if good
            else N_("Choose a monospaced font with Chinese, and UTF-8, in the terminal."),
            cells=cells,
        )


def fonts(_home: Path) -> Iterator[Finding]:
    """A font with Chinese, where this machine draws its own screen."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    program = shutil.which("fc-list")
    if program is None:
        return
    listed = subprocess.run(
        [program, ":lang=zh-cn", "family"], capture_output=True, check=False, timeout=20
    )
    families = {line.split(b",")[0].strip() for line in listed.stdout.splitlines() if line.strip()}
    yield found(
        OK if families else WARN,
        N_("{count} font families with Chinese"),
        "" if families else N_("Install one: apt-get install fonts-noto-cjk"),
        count=len(families),
    )


def _drawn_cells(text: str) -> int | None:
    """How many cells a text takes, as the terminal itself counts; None when it does not answer."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        sys.stdout.write(f"\r{text}\x1b[6n")
        sys.stdout.flush()
        answer = _read_answer(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
    match = _POSITION.search(answer)
    return int(match[2]) - 1 if match else None


def _read_answer(descriptor: int) -> bytes:
    answer, deadline = b"", time.monotonic() + _ANSWER_S
    while not _POSITION.search(answer):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            break
        answer += os.read(descriptor, 64)
    return answer
