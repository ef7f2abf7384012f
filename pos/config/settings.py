"""The settings of one workstation, as frozen values.

Every key stands with its sentence and its default in `config/guitai.toml`; the types say what a key
may hold. Only elements of lists (scanners, tenders, label layouts, departments) have defaults of
their own, because a shop writes them down one by one. The tables of devices, selling and goods are
in `device_settings`, `selling_settings` and `goods_settings`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pos.config.device_settings import (
    CustomerDisplay,
    Drawer,
    MorePrinter,
    PaymentTerminal,
    Printer,
    Scale,
    Scanner,
    Wedge,
)
from pos.config.goods_settings import Dispatch, Loans, Receiving, Stock
from pos.config.planning import Planning
from pos.config.quality import Quality
from pos.config.selling_settings import (
    Barcode,
    Department,
    Payment,
    PriceCard,
    Prices,
    Reasons,
    Receipt,
    Returns,
)
from pos.config.setting_types import Language, LineText, Minor, RuleMode, Seconds, ShortText, Table


class Store(Table, frozen=True, kw_only=True):
    """The shop."""

    store_id: ShortText
    name: LineText
    name_en: LineText
    phone: LineText
    address: LineText
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["CNY"])]
    mode: Literal["own", "concession"]
    timezone: ShortText


class Workstation(Table, frozen=True, kw_only=True):
    """This till."""

    workstation_id: ShortText
    label: LineText
    mode: Literal["live", "training"]


class RuleChoice(Table, frozen=True, kw_only=True):
    """Which rules hold: a preset of rules.toml and what differs from it."""

    preset: Literal["supermarket", "convenience", "counter", "pharmacy"]
    overrides: dict[str, RuleMode]


class Approval(Table, frozen=True, kw_only=True):
    """What happens when nobody is there to approve."""

    alone: Literal["head_office_code", "review_next_day", "block"]
    code_valid_minutes: Annotated[int, Meta(ge=1, le=1440)]


class Lock(Table, frozen=True, kw_only=True):
    """The lock screen."""

    idle_minutes: Annotated[int, Meta(ge=0, le=1440)]


class Security(Table, frozen=True, kw_only=True):
    """PINs and the delay after wrong ones."""

    pin_length_min: Annotated[int, Meta(ge=4, le=12)]
    pin_length_min_manager: Annotated[int, Meta(ge=4, le=12)]
    pin_length_max: Annotated[int, Meta(ge=4, le=32)]
    lockout_free_attempts: Annotated[int, Meta(ge=1, le=10)]
    lockout_first_delay_s: Annotated[int, Meta(ge=1, le=300)]
    lockout_max_delay_s: Annotated[int, Meta(ge=1, le=300)]


class Shift(Table, frozen=True, kw_only=True):
    """Opening and counting a drawer."""

    opening_cash_minor: Minor
    blind_count: bool
    count_by: Literal["total", "denomination"]
    denominations_minor: tuple[Annotated[int, Meta(ge=1, le=10_000_000)], ...]


class Day(Table, frozen=True, kw_only=True):
    """The business day."""

    remind_close_at: Annotated[
        str, Meta(pattern="^$|^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:30"])
    ]
    carried_due_days: Annotated[int, Meta(ge=1, le=31)]


class Clock(Table, frozen=True, kw_only=True):
    """How far the clock may be off (R20, SEL-10)."""

    warn_off_by_s: Seconds
    ask_manager_off_by_s: Seconds


class Ui(Table, frozen=True, kw_only=True):
    """The screen."""

    language: Language
    keymap: ShortText
    theme: Literal["dark", "light", "high-contrast"]
    sound: Literal["bell", "off"]
    keys: dict[str, tuple[str, ...]]


class Sync(Table, frozen=True, kw_only=True):
    """The exchange with head office; an empty address means a shop that stands alone."""

    head_office_url: Annotated[
        str, Meta(pattern="^$|^https?://", examples=["https://hq.example.cn"])
    ]
    ca_file: str
    interval_s: Seconds
    stock_interval_s: Annotated[int, Meta(ge=0, le=86_400)]
    timeout_s: Seconds
    backoff_max_s: Annotated[int, Meta(ge=1, le=300)]
    batch_entries: Annotated[int, Meta(ge=1, le=500)]
    batch_bytes: Annotated[int, Meta(ge=65_536, le=1_048_576)]
    supervise: bool


class Backup(Table, frozen=True, kw_only=True):
    """Copies of the journal (R32)."""

    directory: str
    journal_interval_minutes: Annotated[int, Meta(ge=0, le=1440)]
    full_at_close: bool
    keep_full: Annotated[int, Meta(ge=1, le=1000)]


class Journal(Table, frozen=True, kw_only=True):
    """The journal's files (R30)."""

    rollover: Literal["yearly", "off"]


class Logs(Table, frozen=True, kw_only=True):
    """The log files."""

    level: Literal["debug", "info", "warning", "error"]
    max_bytes: Annotated[int, Meta(ge=10_000, le=1_000_000_000)]
    keep: Annotated[int, Meta(ge=1, le=1000)]


class SettingsTables(Table, frozen=True, kw_only=True):
    """The tables of the settings file: what a person may write."""

    store: Store
    workstation: Workstation
    scanner: tuple[Scanner, ...]
    wedge: Wedge
    printer: Printer
    more_printers: tuple[MorePrinter, ...]
    drawer: Drawer
    scale: Scale
    customer_display: CustomerDisplay
    payment_terminal: PaymentTerminal
    receipt: Receipt
    price_card: PriceCard
    returns: Returns
    payment: Payment
    prices: Prices
    barcode: Barcode
    department: tuple[Department, ...]
    rules: RuleChoice
    approval: Approval
    lock: Lock
    security: Security
    shift: Shift
    day: Day
    stock: Stock
    receiving: Receiving
    loans: Loans
    dispatch: Dispatch
    quality: Quality
    planning: Planning
    clock: Clock
    reasons: Reasons
    ui: Ui
    sync: Sync
    backup: Backup
    journal: Journal
    logs: Logs


class Settings(SettingsTables, frozen=True, kw_only=True):
    """The settings in force, and where each of them is from."""

    origins: dict[str, str] = msgspec.field(default_factory=dict)
    """Dotted key → the file (or command-line option) that its value is from."""

    def origin(self, key: str) -> str:
        """The file or option that a dotted key has its value from; KeyError when there is none.

        A list has one origin: `origin("payment.tenders")`.
        """
        return self.origins[key]
