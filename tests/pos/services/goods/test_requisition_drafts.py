"""Requisitions filled by hand and off a warning (SUP-03, REP-04)."""

from __future__ import annotations

import datetime as dt

import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ItemRule, Supplier
from pos.domain.planning.warnings import Kind
from pos.services import catalogue
from pos.services.goods import planning, requisition_drafts, requisitions, stock
from tests.pos.services.goods.stockroom import line, post
from tests.pos.services.goods.test_planning import tell
from tests.pos.services.shop import act_as


@pytest.fixture
def low(open_shop):
    """Noodles below their minimum, with a supplier; water without a rule."""
    act_as(open_shop, "8001")
    post(open_shop, DocumentKind.OPENING, line(1, "NOOD", 9_000, 30_000))
    tell(
        open_shop,
        Supplier(supplier_id="S1", name="绿野", lead_days=2),
        Supplier(supplier_id="S2", name="停用", state="dropped"),
        ItemRule(
            item_code="NOOD",
            supplier_id="S1",
            case_milli=12_000,
            min_milli=10_000,
            max_milli=60_000,
        ),
    )
    return open_shop


def warning(till):
    (found,) = (one for one in planning.warned(till) if one.kind is Kind.LOW)
    return found


def test_rep_04_one_key_puts_a_low_item_on_its_suppliers_draft_as_proposed(low):
    plan = planning.plan(low)
    added = requisition_drafts.add_warned(low, plan, warning(low))
    assert isinstance(added, requisition_drafts.Added)
    assert added.new
    proposed = plan.lines[0].proposal.quantity_milli
    assert (added.line.item_code, added.line.quantity_milli) == ("NOOD", proposed)
    (draft,) = requisition_drafts.drafts(low)
    assert draft.document.counterparty_id == "S1"
    assert draft.document.due_day == plan.lines[0].proposal.cover.arrives.isoformat()
    # Once more changes nothing.
    again = requisition_drafts.add_warned(low, plan, warning(low))
    assert isinstance(again, requisition_drafts.Added)
    assert not again.new
    assert again.line.quantity_milli == proposed


def test_sup_03_a_draft_by_hand_is_asked_for_with_supplier_and_day_and_moves_nothing(low):
    (supplier,) = requisition_drafts.suppliers(low)
    item = catalogue.find_item(low, "W550")
    draft = requisition_drafts.begin(low, supplier)
    draft = requisition_drafts.put(low, draft, item, 2_000).draft
    added = requisition_drafts.put(low, draft, item, 3_000)
    assert (added.line.quantity_milli, added.new) == (5_000, False)
    refused = requisition_drafts.ask(low, added.draft)
    assert isinstance(refused, Refusal)
    assert refused.code == "no_day"
    draft = requisition_drafts.set_wanted_day(low, added.draft, "2026-11-25")
    before = stock.on_hand(low, "W550").shop_milli
    posted = requisition_drafts.ask(low, draft).saved.result(10)
    assert (posted.counterparty_id, posted.due_day) == ("S1", "2026-11-25")
    assert stock.on_hand(low, "W550").shop_milli == before
    (asked,) = requisitions.asked(low)
    assert [(one.item_code, one.quantity_milli) for one in asked.lines] == [("W550", 5_000)]
    assert requisition_drafts.drafts(low) == []


def test_a_day_that_is_over_is_refused(low):
    past = (dt.date.fromisoformat(low.business_day) - dt.timedelta(days=1)).isoformat()
    assert isinstance(requisition_drafts.begin(low, None, past), Refusal)
    draft = requisition_drafts.begin(low, None, low.business_day)
    assert not isinstance(draft, Refusal)
    assert isinstance(requisition_drafts.set_wanted_day(low, draft, past), Refusal)


def test_lines_are_changed_taken_off_and_nothing_is_not_asked_for(low):
    draft = requisition_drafts.begin(low, None, "2026-11-25")
    added = requisition_drafts.put(low, draft, catalogue.find_item(low, "NOOD"), 1_000)
    draft = requisition_drafts.set_quantity(low, added.draft, 1, 7_000)
    assert draft.document.lines[0].quantity_milli == 7_000
    draft = requisition_drafts.set_quantity(low, draft, 1, 0)
    refused = requisition_drafts.ask(low, draft)
    assert isinstance(refused, Refusal)
    assert refused.code == "no_lines"


def test_a_cashier_may_not_ask(low):
    plan, warned = planning.plan(low), warning(low)
    act_as(low, "1001")
    assert isinstance(requisition_drafts.add_warned(low, plan, warned), Refusal)
    assert isinstance(requisition_drafts.begin(low), Refusal)
