"""The questions of `pos init` for a person at a terminal; Enter takes what is in brackets."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from pos.commands.common import hint_of, sentence
from pos.commands.init_answers import Answers
from pos.config import (
    PRESET_NAMES_ZH,
    PRESETS,
    Role,
    Settings,
    with_values,
)
from pos.i18n import gettext as _
from pos.i18n import language, set_language
from pos.setup import NewOperator, SetUpRefused, check_operators


def ask_all(answers: Answers, settings: Settings, roles: dict[str, Role], *, alone: bool) -> None:
    """Fill in what `answers` does not say yet; click.Abort when the person leaves.

    `alone` asks for people and goods as well: with head office they come from there.
    """
    ask = _Asker(answers, settings)
    ask.choice("ui.language", _("Language"), ["zh_CN", "en"])
    set_language(answers.values["ui.language"])
    click.secho(_("The shop"), bold=True)
    if alone:
        ask.text("store.store_id", _("Store number (letters and digits)"))
    ask.text("store.name", _("Name on the receipt"))
    ask.text("store.phone", _("Telephone on the receipt (may be empty)"))
    ask.text("store.address", _("Address on the receipt (may be empty)"))
    if alone:
        ask.text("store.currency", _("Currency"))
        ask.text("workstation.workstation_id", _("Number of this till in the store"), "01")
    names = [PRESET_NAMES_ZH[name] if language() == "zh_CN" else name for name in PRESETS]
    ask.choice("rules.preset", _("Kind of shop"), list(PRESETS), names)
    ask.choice(
        "stock.opening_count",
        _("Opening count before the first sale"),
        ["required", "waived"],
        [_("required: nothing is sold before it"), _("waived: sell at once")],
    )
    click.secho(_("Receipts"), bold=True)
    ask.choice("receipt.printing", _("Print receipts"), ["always", "ask", "off"])
    ask.lines("receipt.header_lines", _("Lines under the shop's name, separated by |"))
    ask.lines("receipt.footer_lines", _("Lines at the foot, separated by |"))
    click.secho(_("Devices"), bold=True)
    _propose_devices(answers, settings)
    ask.text(
        "printer.url",
        _("Printer: serial:PATH, tcp:HOST:9100 or file:/dev/usb/lp0 (empty for none)"),
    )
    if "scanner" not in answers.values and not settings.scanner:
        url = _prompt(_("Scanner: serial:/dev/serial/by-id/… (empty for none)"), "")
        if url:
            answers.values["scanner"] = [{"url": url, "name": "scanner"}]
    if alone:
        if not answers.operators:
            _ask_people(answers, with_values(settings, answers.values, "pos init"), roles)
        if answers.items is None:
            name = _prompt(_("Item list to import, CSV or XLSX (empty for later)"), "")
            answers.items = Path(name).expanduser() if name else None


def _propose_devices(answers: Answers, settings: Settings) -> None:
    """Look for what is plugged in, unless somebody has said it already."""
    from drivers.finding import ports
    from pos.commands.find_devices import SCAN_WITHIN_S, look_for_devices

    known = "printer.url" in answers.values or "scanner" in answers.values or settings.scanner
    dev = Path("/dev")
    if known or not ports(dev):
        return
    if not click.confirm(_("Look for printer and scanner now?"), default=True):
        return
    found = look_for_devices(dev, scan_within_s=SCAN_WITHIN_S)
    if found.printer_url and click.confirm(_("Use this printer?"), default=True):
        answers.values["printer.url"] = found.printer_url
    if found.scanner and click.confirm(_("Use this scanner?"), default=True):
        answers.values["scanner"] = [found.scanner]


class _Asker:
    """Asks for one setting after the other, offering what is in force."""

    def __init__(self, answers: Answers, settings: Settings) -> None:
        self._answers = answers
        self._tables = msgspec.to_builtins(settings)

    def _now(self, key: str) -> object:
        node = self._tables
        for part in key.split("."):
            node = node[part]
        return node

    def _asked(self, key: str) -> bool:
        return key in self._answers.values

    def text(self, key: str, question: str, proposal: str = "") -> None:
        if not self._asked(key):
            now = str(self._now(key)) or proposal
            self._answers.values[key] = _prompt(question, now)

    def choice(
        self, key: str, question: str, values: list[str], names: list[str] | None = None
    ) -> None:
        if self._asked(key):
            return
        for number, name in enumerate(names or values, start=1):
            click.echo(f"  {number} {name}")
        proposal = values.index(str(self._now(key))) + 1
        number = click.prompt(question, type=click.IntRange(1, len(values)), default=proposal)
        self._answers.values[key] = values[number - 1]

    def lines(self, key: str, question: str) -> None:
        if self._asked(key):
            return
        now = self._now(key)
        proposal = "|".join(map(str, now)) if isinstance(now, list | tuple) else ""
        typed = _prompt(question, proposal)
        self._answers.values[key] = [line.strip() for line in typed.split("|") if line.strip()]


def _prompt(question: str, proposal: str) -> str:
    answer: str = click.prompt(question, default=proposal, show_default=bool(proposal))
    return answer.strip()


def _ask_people(answers: Answers, settings: Settings, roles: dict[str, Role]) -> None:
    """People until an empty number; what is wrong with one is said at once and asked again."""
    click.secho(_("People"), bold=True)
    click.echo(_("At least one who sells and one who may change operators (manager)."))
    names = list(roles)
    while True:
        number = _prompt(_("Operator's number for the pad (empty when all are there)"), "")
        if not number:
            return
        name = _prompt(_("Name"), "")
        for place, role_id in enumerate(names, start=1):
            role = roles[role_id]
            shown = role.name_zh if language() == "zh_CN" else role.name_en
            click.echo(f"  {place} {shown}")
        place = click.prompt(_("Role"), type=click.IntRange(1, len(names)), default=1)
        pin = click.prompt(_("PIN"), hide_input=True, confirmation_prompt=_("PIN again"))
        person = NewOperator(operator_id=number, name=name, role=names[place - 1], pin=pin)
        try:
            check_operators([*answers.operators, person], roles, settings)
        except SetUpRefused as error:
            click.secho(sentence(error), fg="yellow")
            hint = hint_of(error)
            if hint:
                click.echo(hint)
            continue
        answers.operators.append(person)
