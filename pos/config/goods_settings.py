"""Settings of goods keeping: the stock ledger, receiving, loans, goods not taken along."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pos.config.setting_types import Table


class Stock(Table, frozen=True, kw_only=True):
    """The stock ledger and its counts (STK-01, STK-04, STK-10)."""

    opening_count: Literal["required", "waived"]
    daily_total: bool
    count_passes: Literal[1, 2]
    cycle_days_a: Annotated[int, Meta(ge=0, le=1000)]
    cycle_days_b: Annotated[int, Meta(ge=0, le=1000)]
    cycle_days_c: Annotated[int, Meta(ge=0, le=1000)]


class Receiving(Table, frozen=True, kw_only=True):
    """Goods coming in (RCV-01, RCV-07, RCV-12, RCV-15)."""

    second_signature_hours: Annotated[int, Meta(ge=1, le=720)]
    tolerance_bp: Annotated[int, Meta(ge=0, le=10_000)]
    seal: bool
    copies: bool
    copies_due_days: Annotated[int, Meta(ge=0, le=60)]
    transit_days: Annotated[int, Meta(ge=1, le=60)]
    exchange_folder: str
    signed_by: Literal["preset", "role", "right"]
    first_roles: Annotated[tuple[str, ...], Meta(min_length=1)]
    second_roles: Annotated[tuple[str, ...], Meta(min_length=1)]


class Loans(Table, frozen=True, kw_only=True):
    """Goods lent (REG-03..05)."""

    warn_days: Annotated[int, Meta(ge=1, le=365)]
    overdue_days: Annotated[int, Meta(ge=1, le=365)]
    charge: Literal["retail", "cost"]


class Dispatch(Table, frozen=True, kw_only=True):
    """Goods sold and not taken along (REG-01, REG-06, REG-10)."""

    ask: bool
    due_days: Annotated[int, Meta(ge=0, le=365)]
    gate_pass: bool
