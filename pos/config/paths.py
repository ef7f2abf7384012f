"""Where things lie: the shipped configuration, and one workstation's home."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def config_dir() -> Path:
    """The shipped configuration: inside the installed package, else the checkout's `config/`."""
    package = Path(__file__).resolve().parent.parent
    packaged = package / "_config"
    return packaged if packaged.is_dir() else package.parent / "config"


def pos_home(override: str | os.PathLike[str] | None = None) -> Path:
    """The workstation's home: `override`, else POS_HOME, else ~/.local/share/guitai; absolute.

    Nothing is created here: `HomePaths.create` does that.
    """
    chosen = override or os.environ.get("POS_HOME") or "~/.local/share/guitai"
    return Path(os.path.abspath(Path(chosen).expanduser()))  # noqa: PTH100 - keeps symlinks


@dataclass(frozen=True, slots=True)
class HomePaths:
    """Every file and folder of one workstation's home."""

    home: Path

    @property
    def settings(self) -> Path:
        """What differs from the shipped settings."""
        return self.home / "guitai.toml"

    @property
    def roles(self) -> Path:
        """What differs from the shipped roles; usually absent."""
        return self.home / "roles.toml"

    @property
    def quick_keys(self) -> Path:
        """Goods without codes, by their number on the quick-key screen."""
        return self.home / "quick_keys.toml"

    @property
    def secrets(self) -> Path:
        """The workstation's own secrets, mode 0600."""
        return self.home / "secrets.toml"

    @property
    def journal(self) -> Path:
        """The journal and its projections: written by the till alone."""
        return self.home / "journal.db"

    @property
    def reference(self) -> Path:
        """Items, prices and what else comes down: written by the uploader alone."""
        return self.home / "reference.db"

    @property
    def logs(self) -> Path:
        """Rotating logs."""
        return self.home / "logs"

    @property
    def backups(self) -> Path:
        """Backups of the journal."""
        return self.home / "backups"

    @property
    def prints(self) -> Path:
        """Receipts of simulated printers and previews."""
        return self.home / "prints"

    @property
    def keys(self) -> Path:
        """The workstation's signing keys, mode 0700."""
        return self.home / "keys"

    def create(self) -> None:
        """Make the home and its folders, readable by their owner alone."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.logs, self.backups, self.prints, self.keys):
            folder.mkdir(exist_ok=True, mode=0o700)
