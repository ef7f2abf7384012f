"""`pos doctor`: whether this till is fit to trade, and how to mend what is not."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import click

from pos.commands.common import CHECK_FAILED, HomeCommand, home_option, json_option, print_json
from pos.i18n import gettext as _


@click.command(cls=HomeCommand)
@home_option
@click.option("--only", multiple=True, metavar="CHECK", help="Only this check; repeatable.")
@click.option(
    "--zip",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write findings, settings and logs, without secrets, for whoever helps.",
)
@json_option
def doctor(
    home: Path | None, *, only: tuple[str, ...], archive: Path | None, as_json: bool
) -> None:
    """Check terminal, files, disk, clock, head office and devices; changes nothing.

    ✓ good, ! should be seen to, ✗ must be mended. Exit code 1 when there is a ✗.
    """
    from pos.config import pos_home
    from pos.doctor import CHECKS, examine
    from pos.doctor.finding import SIGNS

    folder = pos_home(home)
    unknown = [name for name in only if name not in CHECKS]
    if unknown:
        raise click.UsageError(
            _("There is no check %(name)s. Checks: %(known)s")
            % {"name": unknown[0], "known": ", ".join(CHECKS)}
        )
    report: list[dict[str, Any]] = []
    for name, finding in examine(folder, only):
        report.append(
            {
                "check": name,
                "level": finding.level,
                "text": finding.sentence(_),
                "hint": finding.mend(_),
                "values": finding.values,
            }
        )
        if not as_json:
            sign = SIGNS[finding.level]
            click.echo(f"{sign} {_(CHECKS[name][0])}: {finding.sentence(_)}")
            if finding.hint:
                click.echo(f"    {finding.mend(_)}")
    failed = any(line["level"] == "fail" for line in report)
    whole = {"home": str(folder), "ok": not failed, "findings": report}
    if as_json:
        print_json(whole)
    if archive is not None:
        _write_archive(archive, folder, whole)
        if not as_json:
            click.echo(_("Written: %(path)s") % {"path": archive})
    if failed:
        sys.exit(CHECK_FAILED)


def _write_archive(archive: Path, folder: Path, report: dict[str, Any]) -> None:
    """Findings, settings, status and logs; never a key, a secret, a PIN's verifier or a sale."""
    import platform

    from pos.doctor.scrubbing import scrub
    from pos.store.upkeep import database_status
    from pos.version import __version__

    facts = {
        "guitai": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "databases": [
            {"name": f.name, "state": f.state, "bytes": f.bytes, "rows": f.rows}
            for f in database_status(folder)
        ],
    }
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("doctor.json", json.dumps(report, ensure_ascii=False, indent=2))
        target.writestr("facts.json", json.dumps(facts, ensure_ascii=False, indent=2))
        texts = [folder / "guitai.toml", folder / "roles.toml", *sorted(folder.glob("logs/*"))]
        for path in texts:
            if path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                target.writestr(str(path.relative_to(folder)), scrub(text))
    archive.chmod(0o600)
