"""Approvals: for one action, by somebody else with the right and the limit, once."""

from __future__ import annotations

import pytest

from pos.domain.approval import remote_code
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.services import approvals, cash, checkout
from pos.services.context import Grant, NeedsApproval, Operator
from pos.store.approval_key import keep_approval_key
from tests.pos.services.shop import act_as, begin_day, entries, open_till, pin_of, staff


@pytest.fixture
def counter(open_shop):
    """A cashier works; the manager is near."""
    act_as(open_shop, "1001")
    return open_shop


def grant(till, right, who="8001", **values):
    return approvals.grant(till, right, who, pin_of(who), "顾客急", **values)


def test_an_approval_names_both_and_lets_one_action_through(counter):
    needed = cash.no_sale(counter, "change")
    assert isinstance(needed, NeedsApproval)
    given = grant(counter, needed.right, detail=needed.detail)
    done = cash.no_sale(counter, "change", given)
    assert isinstance(done, cash.DrawerOpened)
    done.saved.result()
    (approval,) = entries(counter, EntryKind.APPROVAL)
    assert (approval.approver_id, approval.mode, approval.reason) == (
        "8001",
        "second_person",
        "顾客急",
    )
    assert entries(counter, EntryKind.NO_SALE)[0].approver_id == "8001"
    assert counter.operator.operator_id == "1001"


def test_an_approval_used_once_opens_nothing_more(counter):
    given = grant(counter, "drawer.no_sale")
    cash.no_sale(counter, "change", given).saved.result()
    assert cash.no_sale(counter, "change", given).code == "approval_used"


def test_an_approval_is_refused_by_the_disk_when_memory_forgets(counter):
    given = grant(counter, "drawer.no_sale")
    cash.no_sale(counter, "change", given).saved.result()
    counter.spent_approvals.clear()
    second = cash.no_sale(counter, "change", given)
    assert second.saved.exception() is not None
    assert len(entries(counter, EntryKind.NO_SALE)) == 1


def test_an_approval_for_another_action_counts_for_nothing(counter):
    given = grant(counter, "drawer.no_sale")
    assert isinstance(cash.paid_out(counter, 1000, "purchase", given), NeedsApproval)


def test_nobody_approves_for_themselves(counter):
    act_as(counter, "8001")
    assert grant(counter, "drawer.no_sale").code == "approval_self"
    assert entries(counter, EntryKind.APPROVAL) == []


def test_a_colleague_without_the_right_cannot_approve(counter):
    assert grant(counter, "drawer.no_sale", "1002").code == "may_not_approve"


def test_a_wrong_pin_approves_nothing_and_is_counted(counter):
    refused = approvals.grant(counter, "drawer.no_sale", "8001", "000000", "x")
    assert refused.code == "wrong_pin"
    assert len(entries(counter, EntryKind.PIN_FAILED)) == 1


def test_the_approvers_own_limit_bounds_what_they_sign(counter):
    beyond = grant(counter, "sale.discount", "3001", limit_value=11)
    assert (beyond.code, beyond.values["limit"]) == ("beyond_approvers_limit", 10)
    assert isinstance(grant(counter, "sale.discount", "3001", limit_value=10), Grant)


def test_a_discount_beyond_the_cashiers_limit_takes_an_approval_of_its_size(counter):
    line = checkout.add_item(counter, "W550", 2000).line
    needed = checkout.discount_line(counter, line.line_no, 9000, "goodwill")
    assert (needed.right, needed.limit_value) == ("sale.discount", 10)
    small = grant(counter, needed.right, limit_value=5)
    refused = checkout.discount_line(counter, line.line_no, 9000, "goodwill", small)
    assert refused.code == "approval_for_other_action"
    given = grant(counter, needed.right, limit_value=needed.limit_value)
    changed = checkout.discount_line(counter, line.line_no, 9000, "goodwill", given)
    changed.saved.result()
    override = changed.cart.lines[0].override
    assert (override.source, override.approver_id) == ("approval", "8001")


def alone(tmp_path, policy):
    till = open_till(tmp_path, approval__alone=policy)
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    act_as(till, "1001")
    return till


def test_one_person_on_duty_may_go_on_and_is_listed_for_the_next_day(tmp_path):
    till = alone(tmp_path, "review_next_day")
    assert approvals.grant_alone(till, "drawer.no_sale", "").code == "reason_missing"
    given = approvals.grant_alone(till, "drawer.no_sale", "没人")
    cash.no_sale(till, "change", given).saved.result()
    (approval,) = entries(till, EntryKind.APPROVAL)
    till.journal.close()
    assert (approval.mode, approval.approver_id) == ("alone_review_next_day", "REVIEW_NEXT_DAY")


@pytest.mark.parametrize("policy", ["block", "head_office_code"])
def test_where_the_setting_does_not_allow_it_one_person_cannot_go_on(tmp_path, policy):
    till = alone(tmp_path, policy)
    refused = approvals.grant_alone(till, "drawer.no_sale", "没人")
    till.journal.close()
    assert refused.code == "not_alone"


def test_head_offices_code_serves_exactly_one_request(counter):
    assert approvals.ask_head_office(counter, "drawer.no_sale").code == "no_head_office"
    keep_approval_key(counter.home, "ab" * 32)
    asked = approvals.ask_head_office(counter, "cash.paid_out", 5000)
    secret, uuid = bytes.fromhex("ab" * 32), counter.journal.identity.workstation_uuid
    other = remote_code(secret, uuid, asked.request_no, "cash.paid_out", 5001)
    assert approvals.grant_by_code(counter, asked, other).code == "wrong_code"
    code = remote_code(secret, uuid, asked.request_no, asked.right, asked.limit_value)
    given = approvals.grant_by_code(counter, asked, code)
    assert isinstance(given, Grant)
    assert approvals.grant_by_code(counter, asked, code).code == "request_expired"
    assert cash.paid_out(counter, 6000, "purchase", given).code == "approval_for_other_action"
    done = cash.paid_out(counter, 5000, "purchase", given)
    assert isinstance(done, cash.CashMoved)


def test_a_request_grows_too_old(counter):
    keep_approval_key(counter.home, "ab" * 32)
    asked = approvals.ask_head_office(counter, "drawer.no_sale")
    code = remote_code(
        bytes.fromhex("ab" * 32),
        counter.journal.identity.workstation_uuid,
        asked.request_no,
        asked.right,
        asked.limit_value,
    )
    counter.clock.advance(15 * 60_000 + 1)
    assert approvals.grant_by_code(counter, asked, code).code == "request_expired"


def test_a_right_without_a_rule_is_approved_the_same_way(counter):
    needed = approvals.request(counter, "report.x", "X")
    assert isinstance(needed, NeedsApproval)
    given = grant(counter, "report.x")
    allowed = approvals.request(counter, "report.x", "X", approval=given)
    assert allowed.approver_id == "8001"


def test_what_nobody_may_approve_is_refused(counter):
    counter.operator = Operator(operator_id="2", name="x", role=counter.roles["receiver"])
    refused = approvals.request(counter, "sale.sell", "")
    assert isinstance(refused, Refusal)
    assert refused.code == "no_right"
