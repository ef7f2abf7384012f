"""A bad line between a till and head office: an HTTP proxy that does what a test tells it to.

    python -m tests.support.chaos_proxy --to 127.0.0.1:8000 --plan plan.json

Each request is answered by one mishap, drawn with the plan's seed from its list of (mishap, weight):

    pass            carried faithfully
    slow            carried after a while
    drop-request    the connection is closed before head office sees anything
    cut-request     head office gets part of the body, then the connection ends
    drop-answer     head office answers; the till never hears it
    cut-answer      the till hears part of the answer, then the connection ends
    twice           head office gets the request twice, one after the other; one answer is passed on
    later           the till hears nothing; head office gets the request a good while after
    black-hole      nothing is ever answered, and the connection stays open
    portal          a hotel's login page, status 200
    portal-redirect a hotel's login page, status 302
    bad-gateway     a proxy's error page, status 502
    wrong-json      status 200 and JSON that is somebody else's
    busy            status 503 with Retry-After
    too-large       status 413 for bodies over 600 bytes, else passed
    reset           the connection is reset in the middle of the answer

The plan is read again before every request, so that a test can heal the line. What was done is
counted in `PLAN.counts.json`. The proxy speaks HTTP/1.1 with Content-Length bodies, one request at
a time per connection, which is what the uploader and head office speak.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import socket
import struct
from collections import Counter
from pathlib import Path

import msgspec

HTML = b"<html><body>Welcome to the hotel. Please log in.</body></html>"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the line does."""

    seed: int = 0
    mishaps: dict[str, float]
    slow_s: float = 0.3
    later_s: float = 1.5


class Message(msgspec.Struct, frozen=True):
    """One HTTP message: head with its blank line, and body."""

    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        """As it was sent."""
        return self.head + self.body


class ChaosProxy:
    """The line. `serve` runs until it is cancelled."""

    def __init__(self, host: str, port: int, plan_file: Path) -> None:
        self._to = (host, port)
        self._plan_file = plan_file
        self._random = random.Random()
        self._seed: int | None = None
        self.counts: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[object]] = set()

    async def serve(self, ready: Path | None = None) -> None:
        """Listen on a free loopback port; `ready` gets the URL."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=2**22)
        port = server.sockets[0].getsockname()[1]
        if ready is not None:
            draft = ready.with_suffix(".part")
            draft.write_text(f"http://127.0.0.1:{port}")
            draft.replace(ready)
        async with server:
            await server.serve_forever()

    def _mishap(self) -> tuple[str, Plan]:
        plan = msgspec.json.decode(self._plan_file.read_bytes(), type=Plan)
        if plan.seed != self._seed:
            self._seed = plan.seed
            self._random.seed(plan.seed)
        names, weights = list(plan.mishaps), list(plan.mishaps.values())
        return self._random.choices(names, weights)[0], plan

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while (message := await _read(reader)) is not None:
                mishap, plan = self._mishap()
                self.counts[mishap] += 1
                # Read by another process at any moment: whole or not at all.
                draft = self._plan_file.with_suffix(".counts.part")
                draft.write_text(json.dumps(self.counts))
                draft.replace(self._plan_file.with_suffix(".counts.json"))
                if not await self._do(mishap, plan, message, writer):
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass  # the till went away: its business
        finally:
            writer.close()

    async def _do(
        self, mishap: str, plan: Plan, message: Message, writer: asyncio.StreamWriter
    ) -> bool:
        """Do one mishap; False when the connection ends with it."""
        match mishap:
            case "drop-request":
                return False
            case "black-hole":
                await asyncio.sleep(3600)
                return False
            case "cut-request":
                await self._carry(message, cut=self._random.randrange(len(message.raw)))
                return False
            case "drop-answer":
                await self._carry(message)
                return False
            case "later":
                self._in_background(self._carry_later(message, plan.later_s))
                return False
            case "portal":
                await _say(writer, 200, "text/html", HTML)
                return True
            case "portal-redirect":
                await _say(writer, 302, "text/html", HTML, b"Location: http://hotel.example/\r\n")
                return True
            case "bad-gateway":
                await _say(writer, 502, "text/html", b"<html>Bad gateway</html>")
                return True
            case "wrong-json":
                await _say(writer, 200, "application/json", b'{"welcome":"guest"}')
                return True
            case "busy":
                await _say(writer, 503, "text/plain", b"busy", b"Retry-After: 1\r\n")
                return True
            case "too-large" if len(message.body) > 600:
                await _say(writer, 413, "text/html", b"<html>too large</html>")
                return True
            case "slow":
                await asyncio.sleep(plan.slow_s)
            case "twice":
                await self._carry(message)
        answer = await self._carry(message)
        if answer is None:
            return False
        if mishap in ("cut-answer", "reset"):
            writer.write(answer.raw[: self._random.randrange(len(answer.raw))])
            await writer.drain()
            if mishap == "reset":
                _reset(writer)
            return False
        writer.write(answer.raw)
        await writer.drain()
        return True

    def _in_background(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_later(self, message: Message, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await self._carry(message)

    async def _carry(self, message: Message, cut: int | None = None) -> Message | None:
        """Send a request to head office and read its answer; None when there was none."""
        try:
            reader, writer = await asyncio.open_connection(*self._to, limit=2**22)
        except OSError:
            return None
        try:
            writer.write(message.raw if cut is None else message.raw[:cut])
            await writer.drain()
            if cut is not None:
                return None
            return await _read(reader)
        except (OSError, asyncio.IncompleteReadError):
            return None
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Message | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return Message(head, await reader.readexactly(length))


async def _say(
    writer: asyncio.StreamWriter, status: int, kind: str, body: bytes, more: bytes = b""
) -> None:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + more + b"\r\n" + body)
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST, as a broken middlebox does."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--ready", type=Path)
    options = parser.parse_args()
    host, _, port = options.to.rpartition(":")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(ChaosProxy(host, int(port), options.plan).serve(options.ready))


if __name__ == "__main__":
    main()
