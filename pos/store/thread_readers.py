"""Read-only connections of the journal, one for each thread that reads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from pos.i18n import N_
from pos.store.errors import StoreUnavailable


class ThreadReaders:
    """Opened when a thread first reads, closed with the store or when the thread has ended."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """``connect`` opens what is to be read at that time."""
        self._connect = connect
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._outlived: list[sqlite3.Connection] = []
        self._closed = False

    def of_this_thread(self) -> sqlite3.Connection:
        """The calling thread's own. Raises StoreUnavailable when the store is closed."""
        thread = threading.current_thread()
        connection = self._connections.get(thread)
        if connection is None:
            with self._lock:
                if self._closed:
                    raise StoreUnavailable(N_("The store is closed."))
                for ended in [one for one in self._connections if not one.is_alive()]:
                    self._connections.pop(ended).close()
                connection = self._connections[thread] = self._connect()
        return connection

    def close_mine(self) -> None:
        """Close the calling thread's own; its next question opens another."""
        with self._lock:
            mine = self._connections.pop(threading.current_thread(), None)
        if mine is not None:
            mine.close()

    def ask_anew(self, change: Callable[[], None]) -> None:
        """``change`` what is read; a thread in the middle of reading goes on undisturbed (R30)."""
        with self._lock:
            change()
            self._outlived += self._connections.values()
            self._connections.clear()

    def refuse(self) -> None:
        """Open no more."""
        self._closed = True

    def close(self) -> None:
        """Close all of them: an open one would be in the way of the last checkpoint."""
        with self._lock:
            self._closed = True
            for reader in (*self._connections.values(), *self._outlived):
                reader.close()
            self._connections.clear()
