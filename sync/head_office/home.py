"""Head office's home: where its files lie, and which database they name.

A home holds `hq.toml` (optional `database = "postgresql://…"`), `hq.db` (the default database),
`exports/` and `backups/`. A replay's or demo's folder that contains `head-office/` stands for it.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from sync.head_office.dialect import DatabaseSetupError

FOLDER = "head-office"
_KEYS = {"database", "language"}


@dataclass(frozen=True, slots=True)
class HeadOfficeHome:
    """One head office's folder and database URL."""

    path: Path
    database_url: str

    @property
    def exports(self) -> Path:
        """Files made for people."""
        return self.path / "exports"

    @property
    def backups(self) -> Path:
        """Copies of the database."""
        return self.path / "backups"


def locate(home: str | os.PathLike[str] | None, database_url: str | None = None) -> HeadOfficeHome:
    """Find the home: given, else HQ_HOME, else ~/.local/share/guitai-hq; nothing is created.

    `database_url` overrides hq.toml. Raises DatabaseSetupError for a bad hq.toml.
    """
    chosen = home or os.environ.get("HQ_HOME") or "~/.local/share/guitai-hq"
    path = Path(chosen).expanduser().absolute()
    if (path / FOLDER).is_dir():
        path /= FOLDER
    named = database_url or os.environ.get("HQ_DATABASE") or _configured(path / "hq.toml")
    return HeadOfficeHome(path, named or f"sqlite:///{path / 'hq.db'}")


def create(home: HeadOfficeHome, database_url: str | None) -> None:
    """Make the folders, readable by their owner alone; remember a database that was named."""
    for folder in (home.path, home.exports, home.backups):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if database_url:
        file = home.path / "hq.toml"
        quoted = database_url.replace("\\", "\\\\").replace('"', '\\"')
        file.write_text(
            f"# The database of this head office: sqlite:///… or postgresql://…\n"
            f'database = "{quoted}"\n',
            encoding="utf-8",
        )
        file.chmod(0o600)


def _configured(file: Path) -> str:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DatabaseSetupError(f"{file}: {error}") from error
    unknown = values.keys() - _KEYS
    if unknown:
        raise DatabaseSetupError(
            f"{file}: unknown key {min(unknown)!r}; expected {', '.join(sorted(_KEYS))}"
        )
    return str(values.get("database", ""))
