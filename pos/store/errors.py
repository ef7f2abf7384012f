"""What can go wrong with the till's two files, and what to do about it.

StoreError
├── StoreUnavailable     the file cannot be opened, read or written
├── NotDurable           SQLite did not accept a setting that durability rests on
├── FileLocked           another process is this file's writer (R25)
├── NewerDatabase        the file was written by a newer program
├── MigrationFailed      a migration did not finish; the file is as it was before
├── CorruptStore         the content does not verify
├── SnapshotMismatch     what came down is not what head office counted or hashed (R11)
├── NotAllowedHere       the command may not write on this home (R25)
├── ImportRefused        an item list that cannot be read at all
└── BackupFailed         a backup could not be made, verified or restored

Texts are English templates with values, so that the message is shown in the reader's language
wherever it ends up: `error.text(gettext)` and `error.hint_text(gettext)`.
"""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a template for extraction."""
    return text


def _as_is(text: str) -> str:
    return text


class StoreError(Exception):
    """Something is wrong with a file of the store; `hint` says what to do about it."""

    default_hint = N_("Run `pos doctor`; if it stays, call whoever looks after this till.")

    def __init__(self, template: str, *, hint: str = "", **values: object) -> None:
        self.template = template
        self.values = {name: str(value) for name, value in values.items()}
        self.hint_template = hint or self.default_hint
        super().__init__(self.text())

    @property
    def hint(self) -> str:
        """What to do about it, in English."""
        return self.hint_text()

    def text(self, translate: Translate = _as_is) -> str:
        """What went wrong, in the language of `translate`."""
        return translate(self.template).format_map(self.values)

    def hint_text(self, translate: Translate = _as_is) -> str:
        """What to do about it, in the language of `translate`."""
        return translate(self.hint_template).format_map(self.values)


class StoreUnavailable(StoreError):
    """The file cannot be opened, read or written."""

    default_hint = N_("Check that the disk is mounted, writable and not full.")


class NotDurable(StoreError):
    """SQLite did not accept a setting that durability rests on."""

    default_hint = N_("The till's files must lie on a local disk, never on a network share.")


class FileLocked(StoreError):
    """Another process is this file's writer (R25); `holder` names it."""

    default_hint = N_("Stop that program first, or let it finish.")


class NewerDatabase(StoreError):
    """The file was written by a newer program; this one leaves it alone."""

    default_hint = N_("Install the newer version again; nothing was changed.")


class MigrationFailed(StoreError):
    """A migration did not finish; the file is as it was before."""

    default_hint = N_("Nothing was changed; a copy from before lies in the backups folder.")


class CorruptStore(StoreError):
    """The content does not verify."""

    default_hint = N_("Restore the last verified backup with `pos restore`.")


class SnapshotMismatch(StoreError):
    """What came down is not what head office counted or hashed (R11); the old data stays."""

    default_hint = N_("The old catalogue stays in use; the snapshot will be fetched again.")


class NotAllowedHere(StoreError):
    """The command may not write on this home (R25)."""

    default_hint = N_("Make the change at head office; it comes down with the feed.")


class ImportRefused(StoreError):
    """An item list that cannot be read at all."""

    default_hint = N_("Save the list as CSV (UTF-8) or XLSX with a header row and try again.")


class BackupFailed(StoreError):
    """A backup could not be made, verified or restored."""

    default_hint = N_("Check the backup medium; earlier backups were left alone.")
