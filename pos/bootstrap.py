"""The one visible place where configuration becomes database, devices, services and till."""

from __future__ import annotations

from pathlib import Path

from pos.config import Settings, load_roles, load_rules, load_settings
from pos.services.context import ReceiptPrinter, Till
from pos.services.session import load_session
from pos.services.training import PREFIX
from pos.store.clock import Clock, SystemClock
from pos.store.journal import Identity, JournalStore
from pos.store.reference import ReferenceReader
from pos.version import __version__


def build_till(
    home: Path,
    *,
    settings: Settings | None = None,
    clock: Clock | None = None,
    printer: ReceiptPrinter | None = None,
    training: bool = False,
) -> Till:
    """Open a home and make its till; close it with `close_till`.

    Raises ConfigError for settings that are not right, StoreError for a home that is locked, newer
    or damaged.
    """
    settings = settings if settings is not None else load_settings(home)
    reference = open_reference(home, settings)
    identity = Identity(
        store_id=settings.store.store_id,
        # Practice slips have a number range of their own.
        workstation_id=f"{PREFIX if training else ''}{settings.workstation.workstation_id}",
        workstation_uuid="" if training else reference.meta("workstation_uuid") or "",
        currency=settings.store.currency,
    )
    used_clock = clock if clock is not None else SystemClock()
    journal = JournalStore.open(
        home / "training" if training else home, identity, used_clock, __version__
    )
    return assemble_till(
        home, settings, journal, reference, used_clock, printer=printer, training=training
    )


def open_reference(home: Path, settings: Settings) -> ReferenceReader:
    """The catalogue of a home, with the taxes of its settings."""
    return ReferenceReader(
        home,
        tax_rates_bp=settings.prices.tax_rates_bp,
        default_tax_code=settings.prices.default_tax_code,
    )


def assemble_till(
    home: Path,
    settings: Settings,
    journal: JournalStore,
    reference: ReferenceReader,
    clock: Clock,
    *,
    printer: ReceiptPrinter | None = None,
    training: bool = False,
) -> Till:
    """A till of parts that are open already, where its journal stands."""
    till = Till(
        settings=settings,
        roles=load_roles(home),
        rules=load_rules(settings.rules.preset, settings.rules.overrides),
        tender_types=settings.payment.tender_types(),
        layouts=settings.barcode.layouts(),
        journal=journal,
        reference=reference,
        clock=clock,
        home=home,
        printer=printer,
        training=training,
    )
    load_session(till)
    return till


def close_till(till: Till) -> None:
    """Finish what is being written and let the home go."""
    till.journal.close()
    till.reference.close()
