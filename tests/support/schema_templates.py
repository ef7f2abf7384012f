"""New databases of a test run: each migrated once per worker, then copied.

Only a file that does not exist yet is copied (on PostgreSQL: a database without any history), and only from one that the shipped migrations made in
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
from sync.head_office.dialect import Dialect, PostgresDialect, SqliteDialect


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
        self._on_servers: dict[tuple[object, ...], tuple[str, tuple[str, ...]]] = {}
        self._shipped = office_migrate.migrate

    def __call__(self, dialect: Dialect, app_version: str) -> tuple[str, ...]:
        if isinstance(dialect, PostgresDialect):
            return self._on_postgresql(dialect, app_version)
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

    def _on_postgresql(self, dialect: PostgresDialect, app_version: str) -> tuple[str, ...]:
        """The first empty database of a server is migrated; the next ones become copies of it."""
        if office_migrate.applied_numbers(dialect):
            return self._shipped(dialect, app_version)
        about = dialect.connection().info
        name, server = about.dbname, f"host={about.host} user={about.user} dbname=postgres"
        key = (server, *migrations.__path__, app_version)
        if key not in self._on_servers:
            template = f"guitai_schema_{len(self._on_servers)}"
            done = self._shipped(dialect, app_version)
            dialect.close()
            _at_server(server, _copied(template, name))
            self._on_servers[key] = (template, done)
            return done
        template, done = self._on_servers[key]
        dialect.close()
        _at_server(server, f'DROP DATABASE "{name}"', _copied(name, template))
        return done


def _copied(name: str, template: str) -> str:
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}"'


def _at_server(server: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
