"""Head office's pages served in this process, on loopback, for browsers and for plain HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import httpx
import uvicorn

from sync.head_office.app import create_app
from sync.head_office.database import open_head_office
from tests.sync.head_office.demo_chain import PASSWORD


class Pages:
    """`hq serve` without its process: the same application on the same server."""

    def __init__(self, home: Path) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._started = threading.Event()
        app = create_app(
            lambda: open_head_office(home), on_started=lambda _office: self._started.set()
        )
        config = uvicorn.Config(app, log_level="warning", lifespan="on", server_header=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(20), "head office did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()

    def client(self, **headers: str) -> httpx.Client:
        """A client that follows no redirect, so that tests see each answer."""
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, follow_redirects=False
        )

    @contextmanager
    def signed_in(self, **headers: str) -> Iterator[httpx.Client]:
        """A client that went through the sign-in form."""
        with self.client(**headers) as client:
            token = form_token(client.get("/login").text)
            answer = client.post(
                "/login", data={"form_token": token, "name": "admin", "password": PASSWORD}
            )
            assert answer.status_code == 303, answer.text
            yield client


def form_token(page: str, name: str = "form_token") -> str:
    """The token that a form carries."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]
