"""A small shop for service tests: a real journal on disk, a fixed clock, items of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pos.config import load_roles, load_rules, load_settings, with_values
from pos.domain.cart import EntryMethod
from pos.domain.journal import EntryKind, decode_entry
from pos.domain.journal.bodies import ItemSet
from pos.domain.journal.people_bodies import OperatorSet
from pos.domain.tender import TenderState
from pos.services import checkout, operators, shifts
from pos.services.context import Operator, Till
from pos.services.pins import PinParameters, make_verifier
from pos.services.session import load_session
from pos.store.clock import FixedClock
from pos.store.journal import Identity, JournalStore
from pos.store.pepper import load_pepper
from pos.store.reference import ReferenceReader

FAST = PinParameters(memory_kib=32, iterations=1, parallelism=1)
START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
DAY = "2026-11-21"
FIRST = Identity(store_id="01", workstation_id="01")

PEOPLE = (
    ("1001", "李娜", "cashier", "2580"),
    ("1002", "王强", "cashier", "1470"),
    ("3001", "陈桂芳", "counter_head", "7531"),
    ("8001", "周建国", "manager", "852741"),
    ("9001", "系统管理员", "admin", "741963"),
)
ITEMS = (
    ("W550", "农夫山泉饮用天然水550ml", 20_000, ("6901234567892",)),
    ("NOOD", "红烧牛肉面", 45_000, ("6920000000019",)),
    ("ODD", "三个一元", 3_333, ()),
)


class SlipPrinter:
    """Takes note of what it is asked to do."""

    def __init__(self) -> None:
        self.jobs: list[str] = []
        self.kicks = 0

    def submit(self, job_id: str) -> None:
        self.jobs.append(job_id)

    def open_drawer(self) -> None:
        self.kicks += 1


def open_till(
    home: Path,
    *,
    clock: FixedClock | None = None,
    identity: Identity = FIRST,
    **values: Any,
) -> Till:
    """A till on `home`; `values` are settings with `__` for the dot."""
    settings = with_values(
        load_settings(home),
        {
            "store.store_id": identity.store_id,
            "workstation.workstation_id": identity.workstation_id,
            **{name.replace("__", "."): value for name, value in values.items()},
        },
        "tests",
    )
    used = clock if clock is not None else FixedClock(START)
    till = Till(
        settings=settings,
        roles=load_roles(home),
        rules=load_rules(settings.rules.preset, settings.rules.overrides),
        tender_types=settings.payment.tender_types(),
        layouts=settings.barcode.layouts(),
        journal=JournalStore.open(home, identity, used, "test"),
        reference=ReferenceReader(home),
        clock=used,
        home=home,
        printer=SlipPrinter(),
    )
    load_session(till)
    return till


def staff(till: Till) -> None:
    """Give the shop its people and its goods."""
    pepper = load_pepper(till.home)
    operators.install_operators(
        till.journal,
        tuple(
            OperatorSet(
                operator_id=operator_id,
                name=name,
                role=role,
                verifier=make_verifier(pin, pepper, parameters=FAST),
            )
            for operator_id, name, role, pin in PEOPLE
        ),
    )
    for code, name, price_e4, barcodes in ITEMS:
        till.append(
            EntryKind.ITEM_SET,
            ItemSet(item_code=code, name=name, unit_price_e4=price_e4, barcodes=barcodes),
        )
    till.overlays = None


def act_as(till: Till, operator_id: str) -> None:
    """Put somebody at the till without the ceremony."""
    _, name, role, _ = next(row for row in PEOPLE if row[0] == operator_id)
    till.operator = Operator(operator_id=operator_id, name=name, role=till.roles[role])


def pin_of(operator_id: str) -> str:
    """PIN of one of PEOPLE."""
    return next(row[3] for row in PEOPLE if row[0] == operator_id)


def begin_day(till: Till, day: str = DAY, float_minor: int = 50_000) -> None:
    """Open a business day and wait for the disk."""
    opened = shifts.open_day(till, day, float_minor)
    assert isinstance(opened, shifts.DayOpened), opened
    opened.saved.result()


def sell(till: Till, *goods: tuple[str, int], tender: str = "cash", given: int | None = None):
    """Sell goods and return the transaction once it is on disk."""
    for code, quantity_milli in goods:
        added = checkout.add_item(till, code, quantity_milli, entry_method=EntryMethod.KEYED)
        assert isinstance(added, checkout.LineAdded), added
    return pay(till, tender, given)


def pay(till: Till, tender: str = "cash", given: int | None = None):
    """Pay what is on the screen and return the transaction once it is on disk."""
    paid = checkout.tender(till, tender, given)
    assert isinstance(paid, checkout.TenderAdded), paid
    if paid.tender.state is TenderState.PENDING:
        decided = checkout.decide(till, paid.tender.tender_no, TenderState.RECEIVED)
        assert isinstance(decided, checkout.PaymentChanged), decided
    done = checkout.complete(till)
    assert isinstance(done, checkout.Completion), done
    done.saved.result()
    return done.transaction


def entries(till: Till, kind: EntryKind) -> list[Any]:
    """Bodies of one kind of entry, oldest first, once everything is on disk."""
    till.write(lambda _: None).result()
    rows = till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind.value,)
    )
    return [decode_entry(row[0]).body for row in rows]
