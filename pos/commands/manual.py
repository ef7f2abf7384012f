"""`pos manual`: a role's manual, made of the pages that F1 shows on its screens."""

from __future__ import annotations

from pathlib import Path

import click

from pos.i18n import set_language


@click.command("manual")
@click.argument("role", type=click.Choice(["receiver"]), default="receiver")
@click.option("--language", type=click.Choice(["zh_CN", "en"]), help="Default: the terminal's.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def manual(*, role: str, language: str | None, out: Path | None) -> None:
    """Show a role's manual as Markdown: the F1 pages of its screens, in order."""
    from pos.ui import manuals

    if language is not None:
        set_language(language)
    text = "\n".join(manuals.manual(role)) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
