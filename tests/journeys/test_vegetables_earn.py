"""A supermarket's vegetables bought, sold, lost and earned: the product's figures are the files'.

Real scans in kilograms, real wholesale prices and loss rates. Each morning a purchase order is
received by scanning's own services and signed by two, each evening the loss is written off by two,
and between them every scan of the day is traded. What the product then says was bought, sold, lost
and earned per item and day is what this file computes from the data alone, exact to the 分 (REP-10).

Rounding: kilograms are whole grams. A day's order is 1.2 × what the day will sell, over what the
loss rate leaves, rounded down to the gram; its loss is the loss rate of it, rounded down to the
gram. The average cost is rounded half up to 1/10,000 yuan after each arrival. The value of each
scan, of each written-off line and of each received line is rounded once, half away from zero, to
the 分; a day's figure is their sum.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order, OrderLine, Supplier
from pos.replay.reading import transactions
from pos.services import catalogue, rolls, shifts
from pos.services.goods import (
    documents,
    drafting,
    leaving,
    margins,
    receiving,
    receiving_posting,
    scanning,
)
from pos.services.goods.stock import shop_quantities
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from sync.protocol import FeedItem, FeedPrice
from tests.pos.services.shop import act_as, open_till, staff
from tests.real.roll import data_directory, read_data
from tests.real.rolls import ROLLS
from tests.real.vegetables import PERIOD, Files, expected

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SIGNERS = ("3001", "8001")


@pytest.fixture(scope="module")
def roll(tmp_path_factory):
    if data_directory() is None:
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    return ROLLS["veg"](tmp_path_factory.mktemp("rolls") / "veg.csv")


@pytest.fixture
def till(tmp_path):
    opened = open_till(tmp_path, returns__receipt_days=7)
    staff(opened)
    act_as(opened, "8001")
    yield opened
    opened.journal.close()


def publish(till, files: Files) -> None:
    """Items, a supplier and one order a day, as head office tells them."""
    orders = [
        Order(
            order_id=f"PO-{day}",
            order_kind="purchase",
            order_no=f"PO-{day}",
            counterparty_id="S1",
            counterparty_name="蔬菜批发",
            lines=tuple(
                OrderLine(
                    line_no=number,
                    item_code=code,
                    quantity_milli=grams,
                    unit_cost_e4=int(files.cost(code, day) * 10_000),
                )
                for number, (code, grams) in enumerate(sorted(files.bought(day).items()), 1)
            ),
        )
        for day in files.days
    ]
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        writer.add_local(
            Changes(
                items=[
                    FeedItem(item_code=code, name=name, unit="kg", weighed=True)
                    for code, name in files.names.items()
                ],
                prices=[
                    FeedPrice(item_code=code, effective_day="2020-01-01", unit_price_e4=10_000)
                    for code in files.names
                ],
                suppliers=[Supplier(supplier_id="S1", name="蔬菜批发", needs_seal=False)],
                orders=orders,
            )
        )


def receive(till, day: str) -> None:
    """The morning: everything came as ordered; two people sign; it is posted."""
    from pos.services.goods.orders_due import order_of

    order = order_of(till, f"PO-{day}")
    assert order is not None
    one = receiving.begin_order(till, order)
    assert not isinstance(one, Refusal), one
    assert one.accept_rest() == len(order.lines)
    one.finish_counting(note_as_counted=True)
    one.set_header(
        msgspec.structs.replace(one.document, reference_no=f"SH-{day}", deliverer_name="马师傅")
    )
    for operator_id in SIGNERS:
        signed = documents.sign(till, one.draft, Credentials(person(till, operator_id)))
        assert not isinstance(signed, Refusal), signed
        one.took(signed)
    posted = receiving_posting.post(one)
    assert not isinstance(posted, Refusal), posted
    posted.saved.result(30)


def write_off(till, files: Files, day: str) -> None:
    """The evening: what spoiled is written off by two people."""
    draft = leaving.begin(till, DocumentKind.SCRAP, reason=_reason(till))
    assert not isinstance(draft, Refusal), draft
    for code, grams in sorted(files.lost(day).items()):
        item = catalogue.find_item(till, code)
        assert item is not None
        put = leaving.put(till, draft, scanning.of_item(till, item), grams)
        assert not isinstance(put, Refusal), put
        draft = put[0]
    ready = leaving.ready(till, draft)
    assert isinstance(ready, drafting.StoredDraft), ready
    for operator_id in SIGNERS:
        signed = documents.sign(till, ready, Credentials(person(till, operator_id)))
        assert not isinstance(signed, Refusal), signed
        ready = signed
    posted = leaving.post(till, ready)
    assert not isinstance(posted, Refusal), posted
    posted.saved.result(30)


def _reason(till) -> str:
    return leaving.reasons_of(till, DocumentKind.SCRAP)[0].id


def test_rep_10_bought_sold_lost_and_earned_per_item_and_day_are_the_files_figures(till, roll):
    files = Files()
    publish(till, files)
    rolls.begin_roll(till, "veg", "0" * 64)
    operator = till.operator
    by_day: dict[str, list] = defaultdict(list)
    for transaction in transactions(roll.path):
        by_day[transaction.business_day].append(transaction)
    assert sorted(by_day) == files.days

    for day in files.days:
        opened = shifts.open_day(till, day, 0)
        assert isinstance(opened, shifts.DayOpened), opened
        opened.saved.result(30)
        till.now = f"{day}T05:00:00"
        receive(till, day)
        for transaction in by_day[day]:
            rolls.trade(till, transaction)
        till.operator, till.roll, till.now = operator, None, f"{day}T23:00:00"
        write_off(till, files, day)
        closed = shifts.close_day(till, {}, handed_up_minor=None)
        assert isinstance(closed, shifts.DayClosed), closed
        closed.saved.result(30)

    found = margins.by_item_and_day(till, files.days[0], files.days[-1])
    figures = {
        key: (
            one.bought_milli,
            one.bought_minor,
            one.sold_milli,
            one.revenue_minor,
            one.cost_minor,
            one.lost_milli,
            one.lost_minor,
            one.margin_minor,
        )
        for key, one in found.items()
    }
    assert figures == expected(files)
    assert all(one.uncosted_milli == 0 for one in found.values())

    # The data's own controls, and what is left in the shop.
    for row in read_data(f"veg_{PERIOD}_item_day_control.csv"):
        one = found[row["item_code"], row["sale_date"]]
        assert one.sold_milli == int(Decimal(row["qty_kg"]) * 1000)
        assert one.revenue_minor == int(Decimal(row["amount_line_rounded"]) * 100)
    left: dict[str, int] = defaultdict(int)
    for (code, _day), one in found.items():
        left[code] += one.bought_milli - one.sold_milli - one.lost_milli
    assert {code: q for code, q in shop_quantities(till).items() if q} == {
        code: q for code, q in left.items() if q
    }


def test_another_loss_rate_of_one_item_gives_other_figures(roll):
    """Control: the comparison above would see it."""
    assert roll.path.exists()
    files = Files()
    before = expected(files)
    day = files.days[0]
    code = max(files.lost(day))
    files.loss_bp[code] += 300

    assert expected(files) != before
