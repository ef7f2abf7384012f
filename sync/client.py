"""Carrying the engine's requests over HTTP: signing, time limits, sizes, TLS.

One connection is kept open and one request is in flight. Whatever goes wrong on the way is `Lost`:
whether head office acted is unknown, and the engine asks again (R7). An answer is only passed on
when it is whole and, if it says 200, JSON: a hotel's login page is not head office, and no error
of ours either. Redirects are not followed: head office never sends any.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pos.store.clock import Clock
from sync.exchange import Answer, Lost, Request, RequestKind
from sync.protocol import MAX_ANSWER_BYTES, request_headers

_SMALL_ANSWER_BYTES = 1024 * 1024
_LARGE = {
    RequestKind.CHANGES: MAX_ANSWER_BYTES,
    RequestKind.SNAPSHOT: MAX_ANSWER_BYTES,
    RequestKind.STOCK: MAX_ANSWER_BYTES,
    RequestKind.LOCATE: 64 * 1024 * 1024,
}
_CHUNK = 64 * 1024


class _BrokenError(Exception):
    """The answer cannot be used; the text says why."""


class _Sending(NamedTuple):
    method: str
    target: str
    body: bytes
    gzip: bool
    limit: int
    """Bytes that an answer may have, inflated."""


class Client:
    """HTTP to one head office. Not thread-safe, but `abort` may be called from anywhere."""

    def __init__(
        self,
        url: str,
        *,
        private_key: bytes,
        workstation_uuid: str,
        machine_id: str,
        clock: Clock,
        timeout_s: float = 30.0,
        ca_file: str | Path = "",
    ) -> None:
        """Raises ValueError for an address that is none, OSError for an unreadable `ca_file`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            msg = f"expected an address like https://hq.example.cn, got {url!r}"
            raise ValueError(msg)
        self._host = parts.hostname
        self._port = parts.port
        self._prefix = parts.path.rstrip("/")
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._tls = ssl.create_default_context(cafile=str(ca_file) or None)
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._private_key = private_key
        self._workstation_uuid = workstation_uuid
        self._machine_id = machine_id
        self._clock = clock
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None
        self._aborted = False

    def carry(self, request: Request, server_offset_ms: int | None = None) -> Answer | Lost:
        """Sign and send one request, and read its answer within the time limit; never raises.

        The signature's time is head office's own, as far as `server_offset_ms` tells (R20).
        """
        target = self._prefix + request.target

        def signed() -> dict[str, str]:
            return request_headers(
                private_key=self._private_key,
                workstation_uuid=self._workstation_uuid,
                machine=self._machine_id,
                method=request.method,
                target=target,
                body=request.body,
                time_ms=self._clock.utc_ms() + (server_offset_ms or 0),
                nonce=os.urandom(8).hex(),
            )

        limit = _LARGE.get(request.kind, _SMALL_ANSWER_BYTES)
        sending = _Sending(request.method, target, request.body, request.gzip, limit)
        return self._exchange(sending, signed)

    def use_key(self, private_key: bytes) -> None:
        """Sign with another key from now on."""
        self._private_key = private_key

    def post_unsigned(self, target: str, body: bytes) -> Answer | Lost:
        """Send a request that no key can sign yet: enrolment."""
        sending = _Sending("POST", self._prefix + target, body, False, _SMALL_ANSWER_BYTES)
        return self._exchange(sending, dict)

    def _exchange(self, sending: _Sending, headers: Callable[[], dict[str, str]]) -> Answer | Lost:
        reused = self._connection is not None
        deadline = time.monotonic() + self._timeout_s
        try:
            try:
                return self._send(sending, headers(), deadline)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # The server closed an idle connection: that says nothing about the network. The
                # request may be repeated at once, because repeating is what it is made for.
                self.close()
                if not reused or self._aborted:
                    raise
                return self._send(sending, headers(), deadline)
        except (OSError, http.client.HTTPException, _BrokenError, ValueError) as error:
            self.close()
            return Lost(f"{type(error).__name__}: {error}"[:300])

    def abort(self) -> None:
        """Break off what is going on, from a signal handler or another thread."""
        self._aborted = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            # It may not be connected yet, or not any more.
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        if self._connection is None:
            timeout = max(0.1, deadline - time.monotonic())
            if self._tls is None:
                self._connection = http.client.HTTPConnection(
                    self._host, self._port, timeout=timeout
                )
            else:
                self._connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=timeout, context=self._tls
                )
            self._connection.connect()
            self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection

    def _send(self, sending: _Sending, headers: dict[str, str], deadline: float) -> Answer:
        if self._aborted:
            raise _BrokenError("stopping")
        headers["Accept"] = "application/json"
        headers["Accept-Encoding"] = "gzip"
        if sending.body:
            headers["Content-Type"] = "application/json"
        if sending.gzip:
            headers["Content-Encoding"] = "gzip"
        connection = self._connect(deadline)
        if self._aborted:  # while it was being connected there was nothing to shut down
            raise _BrokenError("stopping")
        connection.sock.settimeout(max(0.1, deadline - time.monotonic()))
        connection.request(
            sending.method, sending.target, body=sending.body or None, headers=headers
        )
        response = connection.getresponse()
        raw = self._read(connection, response, sending.limit, deadline)
        encoding = (response.getheader("Content-Encoding") or "").lower()
        data = _unpacked(raw, encoding, sending.limit)
        if response.will_close:
            self.close()
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        if response.status == 200 and kind != "application/json":
            raise _BrokenError(f"expected JSON from head office, got {kind or 'no type'}")
        if kind != "application/json":
            data = b""  # a proxy's page: its status may count, its text never does
        return Answer(
            status=response.status,
            body=data,
            retry_after_s=_retry_after_s(response.getheader("Retry-After")),
        )

    @staticmethod
    def _read(
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        limit: int,
        deadline: float,
    ) -> bytes:
        """Read the whole body; a server that sends a byte at a time does not get for ever."""
        pieces: list[bytes] = []
        size = 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer did not end in time")
            if connection.sock is not None:
                connection.sock.settimeout(left)
            piece = response.read1(_CHUNK)
            if not piece:
                break
            size += len(piece)
            if size > limit:
                raise _BrokenError(f"expected at most {limit} bytes")
            pieces.append(piece)
        response.close()  # read1 leaves it open, and an open one blocks the connection
        expected = response.getheader("Content-Length")
        if expected is not None and expected.isdecimal() and int(expected) != size:
            raise _BrokenError(f"expected {expected} bytes, got {size}")
        return b"".join(pieces)


def _unpacked(raw: bytes, encoding: str, limit: int) -> bytes:
    if encoding in ("", "identity"):
        return raw
    if encoding != "gzip":
        raise _BrokenError(f"expected gzip, got {encoding}")
    unpacker = zlib.decompressobj(31)
    try:
        data = unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise _BrokenError(f"damaged gzip: {error}") from error
    if len(data) > limit or not unpacker.eof or unpacker.unused_data:
        raise _BrokenError("the gzip data are too large, cut off or have data after them")
    return data


def _retry_after_s(value: str | None) -> float | None:
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value.strip()[:9])
    from email.utils import parsedate_to_datetime

    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, then.timestamp() - time.time())
