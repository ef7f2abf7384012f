"""Values of the settings that are each right and together wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from pos.config.errors import N_, Problem
from pos.config.selling_settings import WeighedLayout
from pos.config.settings import Settings
from pos.config.source import TomlSource, dotted
from pos.config.toml_lines import KeyPath
from pos.domain.barcode.in_store import LayoutError
from pos.domain.tender import CASH


class Contradiction(msgspec.Struct, frozen=True):
    """A contradiction between values, before it is known which file they are from."""

    at: KeyPath
    template: str
    values: dict[str, str]
    hint: str

    def located(self, sources: list[TomlSource]) -> Problem:
        """The problem, in the last of `sources` that sets the value."""
        for source in reversed(sources):
            node: object = source.values
            for part in self.at:
                node = _step(node, part)
            if node is not None:
                return source.problem(self.at, self.template, self.values, hint=self.hint)
        return sources[-1].problem((), self.template, self.values, hint=self.hint)


def _step(node: object, part: str | int) -> object:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return node[part]
    return None


def contradictions(settings: Settings) -> Iterator[Contradiction]:
    """Everything in the settings that cannot hold together."""
    yield from _tenders(settings)
    yield from _label_layouts(settings)
    yield from _departments(settings)
    yield from _security(settings)
    yield from _printers(settings)


def _twice(key: str, entries: Iterable[tuple[KeyPath, str]]) -> Iterator[Contradiction]:
    seen: set[str] = set()
    for at, name in entries:
        if name in seen:
            yield Contradiction(
                at,
                N_("{key} {name} is used twice"),
                {"key": key, "name": name},
                N_("give each entry its own"),
            )
        seen.add(name)


def _printers(settings: Settings) -> Iterator[Contradiction]:
    names: list[tuple[KeyPath, str]] = [(("printer", "name"), settings.printer.name)]
    names += [
        (("more_printers", position, "name"), printer.name)
        for position, printer in enumerate(settings.more_printers)
    ]
    yield from _twice("printer.name", names)


def _tenders(settings: Settings) -> Iterator[Contradiction]:
    tenders = settings.payment.tenders
    for key in ("number", "id"):
        yield from _twice(
            f"payment.tenders.{key}",
            (
                (("payment", "tenders", position, key), str(getattr(tender, key)))
                for position, tender in enumerate(tenders)
            ),
        )
    for position, tender in enumerate(tenders):
        if tender.gives_change and tender.kind == "terminal":
            yield Contradiction(
                ("payment", "tenders", position, "gives_change"),
                N_("tender {name} is paid on a terminal and cannot give change"),
                {"name": tender.id},
                N_("set gives_change = false"),
            )
        if tender.kind == "terminal" and not settings.payment_terminal.url:
            yield Contradiction(
                ("payment", "tenders", position, "kind"),
                N_("tender {name} is paid on a terminal, and there is none"),
                {"name": tender.id},
                N_("set payment_terminal.url, or make the tender's kind outside"),
            )
        if tender.payment_codes and tender.kind != "terminal":
            yield Contradiction(
                ("payment", "tenders", position, "payment_codes"),
                N_("tender {name} takes payment codes without a terminal"),
                {"name": tender.id},
                N_('set kind = "terminal"'),
            )
    if not any(tender.id == CASH and tender.kind == "cash" for tender in tenders):
        yield Contradiction(
            ("payment", "tenders"),
            N_('payment.tenders has no tender with id = "{cash}" of kind cash'),
            {"cash": CASH},
            N_("keep the cash tender; a concession closes it with store.mode"),
        )


def _is_label(layout: WeighedLayout) -> bool:
    try:
        layout.to_domain()
    except LayoutError:
        return False
    return True


def _label_layouts(settings: Settings) -> Iterator[Contradiction]:
    layouts = settings.barcode.weighed
    for position, layout in enumerate(layouts):
        if not _is_label(layout):
            yield Contradiction(
                ("barcode", "weighed", position, "pattern"),
                N_("{pattern} is no label layout that can be read"),
                {"pattern": layout.pattern},
                N_("write digits, then I and P or W each in one run, then C: 21IIIIIWWWWWC"),
            )
    yield from _twice(
        "barcode.weighed.pattern",
        (
            (("barcode", "weighed", position, "pattern"), layout.pattern)
            for position, layout in enumerate(layouts)
            if layout.enabled
        ),
    )


def _departments(settings: Settings) -> Iterator[Contradiction]:
    departments = settings.department
    for key in ("number", "item_code"):
        yield from _twice(
            f"department.{key}",
            (
                (("department", position, key), str(getattr(department, key)))
                for position, department in enumerate(departments)
            ),
        )
    codes: list[tuple[KeyPath, str]] = [
        (("department", position, "tax_code"), department.tax_code)
        for position, department in enumerate(departments)
    ]
    codes.append((("prices", "default_tax_code"), settings.prices.default_tax_code))
    for at, code in codes:
        if code not in settings.prices.tax_rates_bp:
            yield Contradiction(
                at,
                N_("{key}: there is no tax code {code}"),
                {"key": dotted(at), "code": code},
                N_("known tax codes stand under [prices.tax_rates_bp]"),
            )


def _security(settings: Settings) -> Iterator[Contradiction]:
    security = settings.security
    for key in ("pin_length_min", "pin_length_min_manager"):
        shortest = getattr(security, key)
        if shortest > security.pin_length_max:
            yield Contradiction(
                ("security", key),
                N_("security.{key} is {shortest}, more than security.pin_length_max, {longest}"),
                {
                    "key": key,
                    "shortest": str(shortest),
                    "longest": str(security.pin_length_max),
                },
                N_("make the longest PIN at least as long as the shortest"),
            )
    if security.lockout_first_delay_s > security.lockout_max_delay_s:
        yield Contradiction(
            ("security", "lockout_first_delay_s"),
            N_("security.lockout_first_delay_s is {first}, longer than the longest delay, {most}"),
            {
                "first": str(security.lockout_first_delay_s),
                "most": str(security.lockout_max_delay_s),
            },
            N_("make the first delay the shorter one"),
        )
