"""`hq serve`: one uvicorn process, one JSON line when it listens, a clean end on SIGTERM."""

from __future__ import annotations

import contextlib
import gc
import json
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from sync.head_office.app import create_app
from sync.head_office.database import HeadOffice, open_head_office

KEEP_ALIVE_S = 75
MAX_CONNECTIONS = 4_000
GRACE_S = 20


def serve(
    *,
    home: str,
    database_url: str | None,
    host: str,
    port: int,
    ready_file: Path | None,
    app_version: str,
) -> None:
    """Serve until SIGTERM or SIGINT; raises DatabaseSetupError before listening."""
    # Migrate, and find out about a missing or newer database, before anything listens.
    open_head_office(home, database_url=database_url, app_version=app_version).close()

    def open_office() -> HeadOffice:
        return open_head_office(home, database_url=database_url)

    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen(1024)
    shown = f"[{host}]" if ":" in host else host
    ready = json.dumps({"url": f"http://{shown}:{sock.getsockname()[1]}"})

    def announce(_office: HeadOffice) -> None:
        calm_garbage_collection()
        if ready_file is not None:
            partial = ready_file.with_name(ready_file.name + ".tmp")
            partial.write_text(ready + "\n", encoding="utf-8")
            partial.replace(ready_file)
        sys.stdout.write(ready + "\n")
        sys.stdout.flush()

    def log(message: str, error: BaseException) -> None:
        sys.stderr.write(f"{message}: {type(error).__name__}: {error}\n")

    app = create_app(open_office, app_version=app_version, on_started=announce, log=log)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=MAX_CONNECTIONS,
        h11_max_incomplete_event_size=64 * 1024,
        server_header=False,
        date_header=True,
        proxy_headers=False,
    )
    # uvicorn raises the signal again once it has shut down; this lets the process end with 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        uvicorn.Server(config).run(sockets=[sock])
    finally:
        if ready_file is not None:
            with contextlib.suppress(FileNotFoundError):
                ready_file.unlink()


def calm_garbage_collection() -> None:
    """Keep the collector from walking what lives for ever, and each batch's rows while it lives.

    A batch makes tens of thousands of objects without a cycle among them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
