"""New databases of a test run: each migrated once per worker, then copied byte by byte.

Only a file that does not exist yet is copied, and only from one that the shipped migrations made in
this process with the same scripts. Migrating itself is proven by its own tests, which call it, and
by every command run as a process, which knows nothing of this.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from pos.store import journal, reference_writer
from pos.store.migrate import Migrated, migrate
from sync.head_office import migrate as office_migrate
from sync.head_office import migrations
from sync.head_office.dialect import Dialect, SqliteDialect


@contextmanager
def schema_templates(folder: Path) -> Iterator[None]:
    """While it lasts, tills and head offices that begin with no database get a copied one."""
    tills = _TillTemplates(folder)
    offices = _OfficeTemplates(folder)
    with (
        patch.object(journal, "migrate", tills),
        patch.object(reference_writer, "migrate", tills),
        patch.object(office_migrate, "migrate", offices),
    ):
        yield


class _TillTemplates:
    """Stands in for `pos.store.migrate.migrate`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[object, ...], tuple[Path, Migrated]] = {}

    def __call__(
        self, path: Path, folder: Path, *, backup_dir: Path, app_version: str
    ) -> Migrated:
        if path.exists():
            return migrate(path, folder, backup_dir=backup_dir, app_version=app_version)
        scripts = tuple(sorted(one.name for one in folder.glob("m[0-9]*.py")))
        key = (folder, scripts, app_version)
        if key not in self._made:
            template = self._folder / f"till-{len(self._made)}.db"
            done = migrate(template, folder, backup_dir=self._folder, app_version=app_version)
            self._made[key] = (template, done)
        template, done = self._made[key]
        shutil.copy(template, path)
        return done


class _OfficeTemplates:
    """Stands in for `sync.head_office.migrate.migrate`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[object, ...], tuple[Path, tuple[str, ...]]] = {}
        self._shipped = office_migrate.migrate

    def __call__(self, dialect: Dialect, app_version: str) -> tuple[str, ...]:
        if not isinstance(dialect, SqliteDialect) or dialect.path.exists():
            return self._shipped(dialect, app_version)
        key = (*migrations.__path__, app_version)
        if key not in self._made:
            template = self._folder / f"office-{len(self._made)}.db"
            made = SqliteDialect(template)
            done = self._shipped(made, app_version)
            made.close()
            self._made[key] = (template, done)
        template, done = self._made[key]
        shutil.copy(template, dialect.path)
        return done
