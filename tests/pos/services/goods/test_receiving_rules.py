"""What receiving asks of goods: opened boxes, licences, papers in force, the day's price."""

from __future__ import annotations

import msgspec
import pytest

from pos.config.quality import Licence
from pos.domain.goods.orders import ClassRule, ItemRule
from pos.services.goods import receiving_posting
from pos.store.reference_values import Changes
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.services.goods.test_receiving import begun, claims, free, item, note, post


@pytest.fixture
def shop(open_shop):
    goods.publish(open_shop.home)
    return open_shop


def licensed(till, until: str) -> None:
    quality = msgspec.structs.replace(
        till.settings.quality,
        licences=(Licence(trade="medicine", number="川B-1", until=until),),
    )
    till.settings = msgspec.structs.replace(till.settings, quality=quality)


@pytest.mark.parametrize(
    ("until", "warnings", "accepted"),
    [("2026-11-20", ("licence_expired",), 0), ("2026-11-21", (), 5_000), ("", (), 5_000)],
)
def test_goods_whose_licence_has_run_out_are_not_accepted(shop, until, warnings, accepted):
    """CAT-15, with the controls of its last day and of a licence without end."""
    licensed(shop, until)
    one = free(shop)
    counted = item(one, goods.PILLS, 5)
    assert (counted.warnings, counted.line.quantity_milli) == (warnings, accepted)
    if warnings:
        assert one.reject(counted.line.line_no, 0).code == "rejected_by_rule"


def test_goods_outside_the_scope_are_not_accepted(shop):
    """CAT-15."""
    goods.publish(
        shop.home,
        Changes(class_rules=[ClassRule(item_class="medicine", trade="medicine", in_scope=False)]),
    )
    licensed(shop, "2026-11-20")
    counted = item(free(shop), goods.PILLS, 5)
    assert (counted.warnings, counted.line.quantity_milli) == (("out_of_scope",), 0)


@pytest.mark.parametrize(
    ("papers", "accepted"),
    [
        (("customs@2026-11-20", "origin"), 0),
        (("customs@2026-11-21", "origin"), 4_000),
        (("customs", "origin"), 4_000),
        (("customs@2027-01-01",), 0),
    ],
)
def test_imported_goods_need_papers_that_are_in_force(shop, papers, accepted):
    """CAT-09, CAT-12: a paper past its last day is as good as none."""
    goods.publish(
        shop.home,
        Changes(item_rules=[ItemRule(item_code=goods.WINE, imported=True, papers=papers)]),
    )
    counted = item(free(shop), goods.WINE, 4)
    assert counted.line.quantity_milli == accepted
    assert counted.warnings == (() if accepted else ("no_papers",))


def test_a_box_that_was_not_opened_keeps_its_goods_from_being_accepted(shop):
    """RCV-04: every box is opened; a line may be a no, and then somebody opens or rejects it."""
    one = begun(shop)
    item(one, goods.COLA, 48)
    one.set_opened(1, opened=False)
    assert [gap.code for gap in one.gaps()] == ["unopened"]
    note(one)
    one.finish_counting(note_as_counted=True)
    assert one.line(1).opened is False
    refused = receiving_posting.signable(one)
    assert refused is not None
    assert refused.code == "missing_unopened"
    one.set_opened(1, opened=True)
    assert one.gaps() == []
    one.finish_counting(note_as_counted=True)
    assert one.line(1).opened is True


def test_unopened_goods_that_go_back_hold_nothing_up(shop):
    """RCV-04."""
    one = begun(shop)
    item(one, goods.COLA, 48)
    one.set_opened(1, opened=False)
    one.reject(1, 48_000)
    document = post(one, as_counted=True)
    assert document.lines[0].opened is False
    assert claims(shop) == [(goods.COLA, 48_000, "damaged")]


def test_large_goods_are_not_asked_about_their_boxes(shop):
    """RCV-04: the rule of the class excepts them."""
    goods.publish(shop.home, Changes(class_rules=[ClassRule(item_class="drinks", large=True)]))
    one = begun(shop)
    item(one, goods.COLA, 48)
    one.set_opened(1, opened=False)
    document = post(one, as_counted=True)
    assert document.lines[0].opened is False
    assert document.lines[0].quantity_milli == 48_000


def test_the_days_price_goes_into_cost(shop):
    """RCV-08, STK: a typed price is on every batch of the goods, and what it is worth follows."""
    one = free(shop)
    counted = item(one, goods.MILK, 5)
    assert counted.line.unit_cost_e4 == 100_000
    one.set_facts(counted.line.line_no, production_day="2026-11-20", temperature_tenths=40)
    one.other_batch(counted.line.line_no)
    line = one.set_cost(counted.line.line_no, 123_400)
    assert line.unit_cost_e4 == 123_400
    assert {one_line.unit_cost_e4 for one_line in one.lines} == {123_400}
    post(one, as_counted=True)
    costs = shop.journal.reader().execute(
        "SELECT DISTINCT unit_cost_e4 FROM stock_movement WHERE item_code = ?", (goods.MILK,)
    )
    assert [cost for (cost,) in costs] == [123_400]


def test_without_a_typed_price_the_orders_stands(shop):
    one = begun(shop)
    counted = item(one, goods.MILK, 5)
    assert counted.line.unit_cost_e4 == 99_000
