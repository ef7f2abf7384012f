"""Whether a till is fit to trade: each check says ✓, ! or ✗, what it found and how to mend it.

Checks only read; the one that writes times a file of its own. What the running till holds (its
serial devices, its lock) is left to it, and said. A check that breaks is a ✗ of its own, so that
one broken part never hides the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pos.doctor.devices import customer_display, device_test, drawer, printer, scale, scanners
from pos.doctor.files import (
    backups,
    configuration,
    databases,
    disk,
    journal_tail,
    permissions,
    print_queue,
    sync_time,
)
from pos.doctor.finding import FAIL, OK, WARN, Finding
from pos.doctor.network import clock, head_office, outbox
from pos.doctor.stock import stock_balances
from pos.doctor.terminal import fonts, locale, terminal, wide_characters
from pos.i18n import N_

Check = Callable[[Path], Iterator[Finding]]

CHECKS: dict[str, tuple[str, Check]] = {
    "terminal": (N_("Terminal"), terminal),
    "locale": (N_("Locale"), locale),
    "wide_characters": (N_("Chinese characters"), wide_characters),
    "fonts": (N_("Fonts"), fonts),
    "configuration": (N_("Configuration"), configuration),
    "permissions": (N_("Permissions"), permissions),
    "databases": (N_("Databases"), databases),
    "journal_tail": (N_("Journal"), journal_tail),
    "stock": (N_("Stock ledger"), stock_balances),
    "sync_time": (N_("Disk speed"), sync_time),
    "disk": (N_("Disk space"), disk),
    "backups": (N_("Backups"), backups),
    "clock": (N_("Clock"), clock),
    "head_office": (N_("Head office"), head_office),
    "outbox": (N_("Unsent"), outbox),
    "printer": (N_("Printer"), printer),
    "drawer": (N_("Drawer"), drawer),
    "print_queue": (N_("Print queue"), print_queue),
    "scanner": (N_("Scanner"), scanners),
    "scale": (N_("Scale"), scale),
    "customer_display": (N_("Customer display"), customer_display),
    "device_test": (N_("Device test"), device_test),
}
"""Name → what people call it, and the check."""


def examine(home: Path, only: tuple[str, ...] = ()) -> Iterator[tuple[str, Finding]]:
    """Run the checks in their order; yields (name of the check, finding) as they come."""
    for name, (_title, check) in CHECKS.items():
        if only and name not in only:
            continue
        try:
            for finding in check(home):
                yield name, finding
        except Exception as error:  # noqa: BLE001 - one broken part must not hide the others
            yield (
                name,
                Finding(
                    level=FAIL,
                    text=N_("this check broke: {reason}"),
                    values={"reason": f"{type(error).__name__}: {error}"},
                    hint=N_(
                        "Send the file of `pos doctor --zip` to whoever looks after the till."
                    ),
                ),
            )


__all__ = ["CHECKS", "FAIL", "OK", "WARN", "Check", "Finding", "examine"]
