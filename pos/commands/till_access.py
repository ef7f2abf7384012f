"""A home's till for a command: read beside the running one, or opened by somebody with a PIN."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from pos.commands.common import fail
from pos.i18n import gettext as _
from pos.i18n import language, set_language

if TYPE_CHECKING:
    from pos.domain.cart import Refusal
    from pos.services.context import Till
    from pos.store.journal import Identity, JournalStore


class _ReadJournal:
    """What reading needs of a journal; everything else is not there, so nothing can be written."""

    def __init__(self, connection: sqlite3.Connection, identity: Identity) -> None:
        self._connection = connection
        self.identity = identity

    def reader(self) -> sqlite3.Connection:
        """The read-only connection."""
        return self._connection


@contextmanager
def reading_till(home: Path) -> Iterator[Till]:
    """The till's facts without its lock: the till itself may be running (R26)."""
    from pos.bootstrap import assemble_till, open_reference
    from pos.config import load_settings
    from pos.store.clock import SystemClock
    from pos.store.journal import Identity
    from pos.store.journal_files import read_journal

    settings = load_settings(home)
    connection = read_journal(home)
    reference = open_reference(home, settings)
    identity = Identity(
        store_id=settings.store.store_id,
        workstation_id=settings.workstation.workstation_id,
        currency=settings.store.currency,
    )
    journal = cast("JournalStore", _ReadJournal(connection, identity))
    try:
        till = assemble_till(home, settings, journal, reference, SystemClock())
        yield till
    finally:
        connection.close()
        reference.close()


@contextmanager
def opened_till(home: Path) -> Iterator[Till]:
    """The till itself, with its lock: FileLocked names the one that is running (R25)."""
    from pos.bootstrap import build_till, close_till

    till = build_till(home)
    try:
        yield till
    finally:
        close_till(till)


@contextmanager
def signed_on(till: Till, operator_id: str | None) -> Iterator[None]:
    """Sign somebody on for the command, by PIN, and off again; ends the command otherwise."""
    from pos.services import operators

    name = operator_id or click.prompt(_("Your operator number"), err=True)
    spoken = language()
    answer = operators.sign_on(till, name, ask_secret(_("Your PIN")))
    set_language(spoken)  # the terminal's, which may be unable to show the operator's own
    if not isinstance(answer, operators.SignedOn):
        refuse(answer)
    try:
        yield
    finally:
        left = operators.sign_off(till, "command")
        if isinstance(left, operators.SignedOff):
            left.saved.result()
        set_language(spoken)


def ask_secret(question: str, *, confirm: bool = False) -> str:
    """A PIN from the terminal without echo, or the next line of stdin when that is a pipe."""
    if sys.stdin.isatty():
        typed: str = click.prompt(question, hide_input=True, confirmation_prompt=confirm, err=True)
        return typed.strip()
    line = sys.stdin.readline()
    if not line:
        fail(_("%(question)s: expected a line on stdin, got its end.") % {"question": question})
    return line.strip()


def refuse(refusal: Any) -> NoReturn:
    """End the command with a service's refusal."""
    found = cast("Refusal", refusal)
    told = {name: value for name, value in found.values.items() if name != "wait_s"}
    text = _(found.message)
    if told:
        text += " (" + ", ".join(f"{name}: {value}" for name, value in told.items()) + ")"
    wait = found.values.get("wait_s")
    hint = _("Wait %(seconds)s seconds, or ask a manager.") % {"seconds": wait} if wait else ""
    fail(text, hint)
