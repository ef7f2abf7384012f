"""What the commands share: the home, the language of their sentences, JSON, and exit codes.

====  =======================================================================
   0  done; a check found nothing
   1  a check failed: something is damaged, or differs
   2  usage or configuration: nothing was done, the sentence says what to do
  75  temporary: another program holds the file, or a disk or line is away
====  =======================================================================
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from pos.i18n import gettext as _
from pos.i18n import set_language, terminal_language

CHECK_FAILED = 1
USAGE = 2
TEMPORARY = 75

_F = TypeVar("_F", bound=Callable[..., Any])


class HomeCommand(click.Command):
    """A command whose failures are sentences with an exit code, never a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command in the reader's language."""
        set_language(_language(ctx.params.get("home")))
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            code = exit_code(error)
            if code is None:
                raise
            fail(sentence(error), hint_of(error), code=code)


class HomeGroup(click.Group):
    """A group of such commands."""

    command_class = HomeCommand


def home_option(command: _F) -> _F:
    """`--home DIR`; the command gets `home: Path | None` and gives it to `find_home`."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        help="Home of this workstation (else POS_HOME).",
    )(command)


def json_option(command: _F) -> _F:
    """`--json`: the same facts for a program."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def find_home(home: Path | None) -> Path:
    """The home meant, which must be set up; ends the command otherwise."""
    from pos.config import pos_home

    folder = pos_home(home)
    if not (folder / "guitai.toml").is_file():
        fail(
            _("%(home)s is no till yet: it has no guitai.toml.") % {"home": folder},
            _("Set it up with `pos init`, or name another home with --home."),
        )
    return folder


def find_journal(home: Path | None) -> Path:
    """The home meant, which must have a journal; ends the command otherwise."""
    from pos.config import pos_home

    folder = pos_home(home)
    if not (folder / "journal.db").is_file():
        fail(
            _("%(home)s has no journal.db.") % {"home": folder},
            _("Set it up with `pos init`, or name another home with --home."),
        )
    return folder


def fail(message: str, hint: str = "", *, code: int = USAGE) -> NoReturn:
    """Say what is wrong and what to do on stderr, and end with an exit code."""
    click.echo(f"{message}\n{hint}" if hint else message, err=True)
    sys.exit(code)


def print_json(value: Any) -> None:
    """One JSON document on stdout: keys as given, text readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def sentence(error: Any) -> str:
    """An error of ours in the language in use."""
    text = getattr(error, "text", None)
    if callable(text):
        return str(text(_))
    template = getattr(error, "template", None)
    if isinstance(template, str):
        return _(template).format_map(error.values)
    return str(error)


def hint_of(error: Any) -> str:
    """What to do about an error of ours, in the language in use."""
    hint_text = getattr(error, "hint_text", None)
    if callable(hint_text):
        return str(hint_text(_))
    template = getattr(error, "hint_template", None)
    if isinstance(template, str):
        return _(template).format_map(error.values) if template else ""
    hint = getattr(error, "hint", "")
    return _(hint) if isinstance(hint, str) else ""


def exit_code(error: Exception) -> int | None:
    """The exit code of an error of ours, None for a bug."""
    if not isinstance(getattr(error, "hint", None), str):
        return None
    from pos.store import errors

    match error:
        case errors.FileLocked() | errors.StoreUnavailable() | errors.NotDurable():
            return TEMPORARY
        case errors.CorruptStore() | errors.BackupFailed() | errors.MigrationFailed():
            return CHECK_FAILED
        case _:
            return USAGE


def _language(home: Path | None) -> str:
    """The terminal's language; where it names none, the home's own."""
    if named := terminal_language():
        return named
    from pos.config import ConfigError, load_settings, pos_home

    folder = pos_home(home)
    if not (folder / "guitai.toml").is_file():
        return "en"
    try:
        return load_settings(folder).ui.language
    except ConfigError:
        return "en"
