"""The settings of one workstation, as frozen values.

Every key stands with its sentence and its default in `config/guitai.toml`; the types here say
what a key may hold. Only elements of lists (scanners, tenders, label layouts, departments) have
defaults of their own, because a shop writes them down one by one.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pos.config.planning import Planning
from pos.config.quality import Quality
from pos.domain import tender
from pos.domain.barcode import in_store

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Minor = Annotated[int, Meta(ge=0, le=100_000_000_000)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Milliseconds = Annotated[int, Meta(ge=1, le=60_000)]
ShortText = Annotated[str, Meta(max_length=64)]
LineText = Annotated[str, Meta(max_length=200)]
Identifier = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$", examples=["wechat"])]
Url = Annotated[str, Meta(pattern="^[a-z]+:.", examples=["serial:/dev/ttyUSB0"])]
OptionalUrl = Annotated[str, Meta(pattern="^$|^[a-z]+:", examples=["tcp:192.168.1.50:9100"])]
Language = Literal["zh_CN", "en"]
RuleMode = Literal["block", "approve", "warn", "carry", "off"]


class _Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the settings file."""


class Store(_Group, frozen=True, kw_only=True):
    """The shop."""

    store_id: ShortText
    name: LineText
    name_en: LineText
    phone: LineText
    address: LineText
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["CNY"])]
    mode: Literal["own", "concession"]
    timezone: ShortText


class Workstation(_Group, frozen=True, kw_only=True):
    """This till."""

    workstation_id: ShortText
    label: LineText
    mode: Literal["live", "training"]


class Scanner(_Group, frozen=True, kw_only=True):
    """One barcode scanner."""

    url: Url
    name: ShortText = ""
    profile: Annotated[str, Meta(pattern="^[a-z0-9-]{1,32}$", examples=["zebra-ssi"])] = "generic"
    framing: Literal["", "cr", "lf", "crlf", "tab", "stx-etx", "none", "ssi"] = ""
    identifier: Literal["", "aim", "vendor"] = ""
    baudrate: Annotated[int, Meta(ge=300, le=921_600)] | None = None
    bytesize: Literal[7, 8] | None = None
    parity: Literal["", "none", "even", "odd"] = ""
    stopbits: Literal[1, 2] | None = None
    reread_window_ms: Annotated[int, Meta(ge=0, le=5000)] | None = None
    frame_timeout_ms: Annotated[int, Meta(ge=20, le=5000)] | None = None
    layout: Literal["", "us", "uk", "de"] = ""
    aim: bool = False
    """Still accepted: AIM identifiers are taken off whenever they come."""


class Wedge(_Group, frozen=True, kw_only=True):
    """Scanners that type like a keyboard into the terminal."""

    enabled: bool
    prefix: Annotated[str, Meta(max_length=8)]
    check_digit: bool


class Printer(_Group, frozen=True, kw_only=True):
    """The till's own receipt printer; an empty `url` means none."""

    name: ShortText
    url: OptionalUrl
    profile: ShortText
    baudrate: Annotated[int, Meta(ge=300, le=921_600)]
    bytesize: Literal[7, 8]
    parity: Literal["none", "even", "odd"]
    flow_control: Literal["none", "rts-cts", "dsr-dtr", "xon-xoff"]
    open_timeout_ms: Milliseconds
    write_timeout_ms: Milliseconds
    status_timeout_ms: Milliseconds


class MorePrinter(_Group, frozen=True, kw_only=True):
    """Another printer of the store that this till can reach."""

    name: Annotated[str, Meta(pattern="^[^\\s].{0,31}$", examples=["仓库"])]
    url: OptionalUrl
    role: Literal["receipt", "label"] = "receipt"
    profile: ShortText = "generic-80"


class Drawer(_Group, frozen=True, kw_only=True):
    """The cash drawer on the printer."""

    attached: bool
    pin: Literal[2, 5]
    pulse_ms: Annotated[int, Meta(ge=2, le=510)]
    open_within_ms: Annotated[int, Meta(ge=100, le=3000)]
    warn_open_s: Annotated[int, Meta(ge=0, le=3600)]


class Scale(_Group, frozen=True, kw_only=True):
    """The scale at the counter; an empty `url` means none."""

    url: OptionalUrl
    profile: ShortText


class CustomerDisplay(_Group, frozen=True, kw_only=True):
    """What the customer reads; an empty `url` means none."""

    url: OptionalUrl
    profile: ShortText
    greeting: LineText


class PaymentTerminal(_Group, frozen=True, kw_only=True):
    """The card terminal behind tenders of kind `terminal`; an empty `url` means none."""

    url: OptionalUrl
    timeout_s: Seconds


class Receipt(_Group, frozen=True, kw_only=True):
    """What is printed, and when; the width is the printer profile's."""

    printing: Literal["always", "ask", "off"]
    language: Literal["zh", "en", "both"]
    header_lines: tuple[LineText, ...]
    footer_lines: tuple[LineText, ...]
    barcode: bool
    logo: LineText
    e_receipt_url: Annotated[
        str, Meta(pattern="^$|^https?://[^\\s]*$", examples=["https://r.example.cn/{number}"])
    ]


class PriceCard(_Group, frozen=True, kw_only=True):
    """Price cards and shelf labels (CAT-05)."""

    marks: tuple[Literal["name", "origin", "spec", "grade", "unit", "price"], ...]
    width_mm: Annotated[int, Meta(ge=20, le=110)]
    height_mm: Annotated[int, Meta(ge=15, le=150)]
    gap_mm: Annotated[int, Meta(ge=0, le=20)]


class Returns(_Group, frozen=True, kw_only=True):
    """How long goods may come back."""

    receipt_days: Annotated[int, Meta(ge=0, le=3650)]
    lost_receipt_search_days: Annotated[int, Meta(ge=1, le=365)]


class Tender(_Group, frozen=True, kw_only=True):
    """One way to pay."""

    number: Annotated[int, Meta(ge=1, le=99)]
    id: Identifier
    name: ShortText
    name_en: ShortText = ""
    kind: Literal["cash", "outside", "terminal", "voucher"]
    opens_drawer: bool = False
    gives_change: bool = False
    confirm: Literal["none", "pending"] = "none"
    reference_digits: Annotated[int, Meta(ge=0, le=12)] = 0
    payment_codes: tuple[Literal["wechat", "alipay", "unionpay"], ...] = ()

    def to_domain(self) -> tender.TenderType:
        """The tender as sales know it."""
        return tender.TenderType(
            number=self.number,
            id=self.id,
            name=self.name,
            name_en=self.name_en,
            kind=tender.TenderKind(self.kind),
            opens_drawer=self.opens_drawer,
            gives_change=self.gives_change,
            confirm=self.confirm == "pending",
        )


class Payment(_Group, frozen=True, kw_only=True):
    """Taking money."""

    enter: Literal["exact", "ask"]
    cash_rounding_minor: Literal[0, 5, 10, 50, 100]
    cash_ceiling_over_total_minor: Minor
    cash_refused_from_digits: Annotated[int, Meta(ge=5, le=12)]
    tenders: tuple[Tender, ...]

    def tender_types(self) -> tuple[tender.TenderType, ...]:
        """The tenders as sales know them, in the order of the screen."""
        return tuple(entry.to_domain() for entry in self.tenders)


class Prices(_Group, frozen=True, kw_only=True):
    """Taxes and limits of prices."""

    default_tax_code: ShortText
    unit_price_ceiling_minor: Minor
    tax_rates_bp: dict[str, Annotated[int, Meta(ge=0, le=10_000)]]


class WeighedLayout(_Group, frozen=True, kw_only=True):
    """One layout of weighed labels; what a pattern means is in `pos.domain.barcode.in_store`."""

    name: ShortText = ""
    pattern: Annotated[str, Meta(pattern="^[0-9IPWXC]{6,64}$", examples=["21IIIIIWWWWWC"])]
    amount_decimals: Annotated[int, Meta(ge=0, le=4)] = 2
    weight_unit: Literal["kg", "g", "jin"] = "kg"
    weight_decimals: Annotated[int, Meta(ge=0, le=4)] = 3
    check: bool = True
    enabled: bool = True

    def to_domain(self) -> in_store.WeighedLayout:
        """The layout as the classifier reads it; LayoutError when the pattern cannot work."""
        return in_store.WeighedLayout(
            name=self.name or self.pattern,
            pattern=self.pattern,
            amount_decimals=self.amount_decimals,
            weight_unit=self.weight_unit,
            weight_decimals=self.weight_decimals,
            check=self.check,
            enabled=self.enabled,
        )


class Barcode(_Group, frozen=True, kw_only=True):
    """How codes are read."""

    item_code_length: Annotated[int, Meta(ge=3, le=7)]
    eight_digits_from_zero: Literal["ean8", "upce"]
    near_expiry_days: Annotated[int, Meta(ge=0, le=365)]
    weighed: tuple[WeighedLayout, ...]

    def layouts(self) -> tuple[in_store.WeighedLayout, ...]:
        """The label layouts as the classifier reads them."""
        return tuple(layout.to_domain() for layout in self.weighed)


class Department(_Group, frozen=True, kw_only=True):
    """An open department: goods sold at a typed price."""

    number: Annotated[int, Meta(ge=1, le=99)]
    item_code: ShortText
    name: ShortText
    name_en: ShortText = ""
    item_class: ShortText = ""
    tax_code: ShortText
    max_price_minor: Minor


class RuleChoice(_Group, frozen=True, kw_only=True):
    """Which rules hold: a preset of rules.toml and what differs from it."""

    preset: Literal["supermarket", "convenience", "counter", "pharmacy"]
    overrides: dict[str, RuleMode]


class Approval(_Group, frozen=True, kw_only=True):
    """What happens when nobody is there to approve."""

    alone: Literal["head_office_code", "review_next_day", "block"]
    code_valid_minutes: Annotated[int, Meta(ge=1, le=1440)]


class Lock(_Group, frozen=True, kw_only=True):
    """The lock screen."""

    idle_minutes: Annotated[int, Meta(ge=0, le=1440)]


class Security(_Group, frozen=True, kw_only=True):
    """PINs and the delay after wrong ones."""

    pin_length_min: Annotated[int, Meta(ge=4, le=12)]
    pin_length_min_manager: Annotated[int, Meta(ge=4, le=12)]
    pin_length_max: Annotated[int, Meta(ge=4, le=32)]
    lockout_free_attempts: Annotated[int, Meta(ge=1, le=10)]
    lockout_first_delay_s: Annotated[int, Meta(ge=1, le=300)]
    lockout_max_delay_s: Annotated[int, Meta(ge=1, le=300)]


class Shift(_Group, frozen=True, kw_only=True):
    """Opening and counting a drawer."""

    opening_cash_minor: Minor
    blind_count: bool
    count_by: Literal["total", "denomination"]
    denominations_minor: tuple[Annotated[int, Meta(ge=1, le=10_000_000)], ...]


class Day(_Group, frozen=True, kw_only=True):
    """The business day."""

    remind_close_at: Annotated[
        str, Meta(pattern="^$|^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:30"])
    ]
    carried_due_days: Annotated[int, Meta(ge=1, le=31)]


class Stock(_Group, frozen=True, kw_only=True):
    """The stock ledger and its counts (STK-01, STK-04, STK-10)."""

    opening_count: Literal["required", "waived"]
    daily_total: bool
    count_passes: Literal[1, 2]
    cycle_days_a: Annotated[int, Meta(ge=0, le=1000)]
    cycle_days_b: Annotated[int, Meta(ge=0, le=1000)]
    cycle_days_c: Annotated[int, Meta(ge=0, le=1000)]


class Receiving(_Group, frozen=True, kw_only=True):
    """Goods coming in (RCV-01, RCV-07, RCV-12, RCV-15)."""

    second_signature_hours: Annotated[int, Meta(ge=1, le=720)]
    tolerance_bp: Annotated[int, Meta(ge=0, le=10_000)]
    seal: bool
    copies: bool
    copies_due_days: Annotated[int, Meta(ge=0, le=60)]
    transit_days: Annotated[int, Meta(ge=1, le=60)]
    exchange_folder: str


class Loans(_Group, frozen=True, kw_only=True):
    """Goods lent (REG-03..05)."""

    warn_days: Annotated[int, Meta(ge=1, le=365)]
    overdue_days: Annotated[int, Meta(ge=1, le=365)]
    charge: Literal["retail", "cost"]


class Dispatch(_Group, frozen=True, kw_only=True):
    """Goods sold and not taken along (REG-01, REG-06, REG-10)."""

    ask: bool
    due_days: Annotated[int, Meta(ge=0, le=365)]
    gate_pass: bool


class Clock(_Group, frozen=True, kw_only=True):
    """How far the clock may be off (R20, SEL-10)."""

    warn_off_by_s: Seconds
    ask_manager_off_by_s: Seconds


class Reason(_Group, frozen=True, kw_only=True):
    """One reason that can be chosen by its number."""

    id: Identifier
    name: ShortText
    name_en: ShortText = ""


class Reasons(_Group, frozen=True, kw_only=True):
    """Reasons offered for what needs one."""

    void_line: tuple[Reason, ...]
    void_sale: tuple[Reason, ...]
    price_override: tuple[Reason, ...]
    discount: tuple[Reason, ...]
    return_goods: tuple[Reason, ...]
    no_sale: tuple[Reason, ...]
    paid_in: tuple[Reason, ...]
    paid_out: tuple[Reason, ...]
    reprint: tuple[Reason, ...]
    supplier_return: tuple[Reason, ...]
    scrap: tuple[Reason, ...]
    transfer: tuple[Reason, ...]
    loan: tuple[Reason, ...]
    set_apart: tuple[Reason, ...]
    cancel_print: tuple[Reason, ...]


class Ui(_Group, frozen=True, kw_only=True):
    """The screen."""

    language: Language
    keymap: ShortText
    theme: Literal["dark", "light", "high-contrast"]
    sound: Literal["bell", "off"]
    keys: dict[str, tuple[str, ...]]


class Sync(_Group, frozen=True, kw_only=True):
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


class Backup(_Group, frozen=True, kw_only=True):
    """Copies of the journal (R32)."""

    directory: str
    journal_interval_minutes: Annotated[int, Meta(ge=0, le=1440)]
    full_at_close: bool
    keep_full: Annotated[int, Meta(ge=1, le=1000)]


class Journal(_Group, frozen=True, kw_only=True):
    """The journal's files (R30)."""

    rollover: Literal["yearly", "off"]


class Logs(_Group, frozen=True, kw_only=True):
    """The log files."""

    level: Literal["debug", "info", "warning", "error"]
    max_bytes: Annotated[int, Meta(ge=10_000, le=1_000_000_000)]
    keep: Annotated[int, Meta(ge=1, le=1000)]


class SettingsTables(_Group, frozen=True, kw_only=True):
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

    origins: dict[str, str] = {}
    """Dotted key → the file (or command-line option) that its value is from."""

    def origin(self, key: str) -> str:
        """The file or option that a dotted key has its value from; KeyError when there is none.

        A list has one origin: `origin("payment.tenders")`.
        """
        return self.origins[key]
