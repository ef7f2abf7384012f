"""Counting while trading at a till: scans on disk, passes, tags, a lone shop's result (STK-05..12)."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.count_reasons import VarianceReason
from pos.domain.goods.counting import CountAction, CountKind, Tag
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.journal import EntryKind
from pos.domain.journal.people_bodies import OperatorSet
from pos.services import operators
from pos.services.context import Operator
from pos.services.goods import (
    books,
    count_posting,
    count_states,
    count_tags,
    counting,
    documents,
    drafting,
    stock,
)
from pos.services.operators import Credentials
from pos.services.people import person
from pos.services.pins import make_verifier
from pos.store import counts
from pos.store.clock import FixedClock
from pos.store.pepper import load_pepper
from tests.pos.services import shop as support

FINANCE = ("7001", "孙会计", "finance", "963147")


@pytest.fixture
def finance(open_shop):
    """The shop, with finance signed on and 100 of two items received."""
    till = open_shop
    operator_id, name, role, pin = FINANCE
    operators.install_operators(
        till.journal,
        (
            OperatorSet(
                operator_id=operator_id,
                name=name,
                role=role,
                verifier=make_verifier(pin, load_pepper(till.home), parameters=support.FAST),
            ),
        ),
    )
    receive(till, NOOD=100_000, W550=100_000)
    as_finance(till)
    return till


def as_finance(till) -> None:
    till.operator = Operator(operator_id="7001", name="孙会计", role=till.roles["finance"])


def receive(till, **quantities: int) -> None:
    lines = tuple(
        GoodsLine(line_no=n, item_code=code, quantity_milli=quantity)
        for n, (code, quantity) in enumerate(quantities.items(), start=1)
    )
    draft = drafting.begin(
        till,
        GoodsDocument(
            document_uuid="", document_kind=DocumentKind.RECEIPT, document_no="", lines=lines
        ),
    )
    for signer in ("3001", "8001"):
        draft = documents.sign(till, draft, Credentials(person(till, signer)))
    documents.post(till, draft).saved.result(5)


def sell(till, code: str, quantity_milli: int) -> None:
    support.act_as(till, "1001")
    support.sell(till, (code, quantity_milli))
    as_finance(till)


def group(count, pass_no: int = 1, area: str = "1", counter: str = "1001") -> counts.Group:
    return (count.count_id, pass_no, area, counter)


def scan(till, count, code: str, quantity_milli: int, **where) -> None:
    line = counting.counted_line(code, quantity_milli)
    counting.scan(till, group(count, **where), line).result(5)


def by_item(found: count_posting.Result) -> dict[str, int]:
    return {line.item_code: line.variance_milli for line in found.lines}


def test_a_scan_is_on_disk_at_once_with_its_place_in_the_journal(finance):
    count = counting.begin(finance, CountKind.DETAILED)
    before = finance.journal.head()[0]
    saved = counting.scan(finance, group(count), counting.counted_line("NOOD", 3000)).result(5)
    assert saved.after_seq == before
    assert counting.waiting(finance) == 1
    assert support.entries(finance, EntryKind.COUNT_SCANS) == []
    sell(finance, "NOOD", 1000)
    later = counting.scan(finance, group(count), counting.counted_line("NOOD", 1000)).result(5)
    assert later.after_seq > before


def test_a_hundred_scans_make_an_entry_and_the_rest_goes_with_the_end_of_the_area(finance):
    count = counting.begin(finance, CountKind.DETAILED)
    for _ in range(103):
        scan(finance, count, "NOOD", 1000)
    assert [len(body.scans) for body in support.entries(finance, EntryKind.COUNT_SCANS)] == [100]
    assert counting.waiting(finance) == 3
    counting.area_done(finance, count, 1, "1").result(5)
    bodies = support.entries(finance, EntryKind.COUNT_SCANS)
    assert [len(body.scans) for body in bodies] == [100, 3]
    assert counting.waiting(finance) == 0
    assert bodies[0].scans[0].after_seq < bodies[0].scans[-1].after_seq or bodies[0].scans
    events = support.entries(finance, EntryKind.COUNT_EVENT)
    assert [body.action for body in events] == [CountAction.OPENED, CountAction.AREA_DONE]


def test_what_waits_is_journaled_before_the_shop_closes(finance):
    count = counting.begin(finance, CountKind.DETAILED)
    scan(finance, count, "NOOD", 1000)
    counting.flush(finance)
    assert [len(body.scans) for body in support.entries(finance, EntryKind.COUNT_SCANS)] == [1]


def test_sold_before_and_after_its_scan_the_variance_is_what_is_really_missing(finance):
    """R14: three noodles are missing, whatever is sold meanwhile."""
    count = counting.begin(finance, CountKind.DETAILED)
    sell(finance, "NOOD", 5000)
    scan(finance, count, "NOOD", 92_000)  # 100 - 5 sold - 3 missing
    sell(finance, "NOOD", 7000)
    scan(finance, count, "W550", 100_000)
    sell(finance, "W550", 2000)
    assert by_item(count_posting.result(finance, count)) == {"NOOD": -3000}


def test_what_nobody_counts_is_missing_and_only_within_the_scope(finance):
    whole = counting.begin(finance, CountKind.DETAILED)
    scan(finance, whole, "NOOD", 100_000)
    assert by_item(count_posting.result(finance, whole)) == {"W550": -100_000}
    part = counting.begin(finance, CountKind.CYCLE, item_codes=("NOOD",))
    scan(finance, part, "NOOD", 100_000)
    assert by_item(count_posting.result(finance, part)) == {}


def test_the_shops_own_people_open_no_detailed_count(open_shop):
    """STK-05."""
    for operator_id in ("8001", "3001"):
        support.act_as(open_shop, operator_id)
        refused = counting.begin(open_shop, CountKind.DETAILED)
        assert isinstance(refused, Refusal)
        assert refused.values["right"] == "stock.count_open"
        assert not isinstance(counting.begin(open_shop, CountKind.CYCLE), Refusal)


def test_the_second_blind_pass_is_somebody_elses(finance):
    count = counting.begin(finance, CountKind.DETAILED, passes=2)
    assert counting.assign(finance, count, 1, "1", "1001") is None
    count = count_states.state(finance, count.count_id)
    refused = counting.assign(finance, count, 2, "1", "1001")
    assert isinstance(refused, Refusal)
    assert refused.code == "same_counter"
    assert counting.assign(finance, count, 2, "1", "1002") is None


def test_only_what_the_passes_disagree_about_is_counted_again(finance):
    count = counting.begin(finance, CountKind.DETAILED, passes=2)
    scan(finance, count, "NOOD", 100_000)
    scan(finance, count, "W550", 100_000)
    sell(finance, "NOOD", 1000)
    scan(finance, count, "NOOD", 99_000, pass_no=2, counter="1002")
    scan(finance, count, "W550", 99_000, pass_no=2, counter="1002")
    assert counting.recount_list(finance, count) == ["W550"]
    scan(finance, count, "W550", 99_000, pass_no=3, counter="3001")
    assert counting.recount_list(finance, count) == []
    assert by_item(count_posting.result(finance, count)) == {"W550": -1000}


def test_progress_is_shown_by_area_and_an_ended_count_is_no_longer_open(finance):
    count = counting.begin(finance, CountKind.DETAILED)
    counting.assign(finance, count, 1, "酒柜", "1001")
    scan(finance, count, "NOOD", 3000, area="酒柜")
    scan(finance, count, "NOOD", 2000, area="2")
    counting.area_done(finance, count, 1, "2").result(5)
    state = count_states.open_counts(finance)[0]
    shown = {k: (a.counter_id, a.scans, a.pieces_milli, a.done) for k, a in state.areas.items()}
    assert shown == {(1, "酒柜"): ("1001", 1, 3000, False), (1, "2"): ("", 1, 2000, True)}
    counting.end(finance, state).result(5)
    assert count_states.open_counts(finance) == []


def test_every_difference_needs_its_reason_before_it_is_posted(finance):
    """STK-11."""
    count = counting.begin(finance, CountKind.DETAILED)
    scan(finance, count, "NOOD", 98_000)
    scan(finance, count, "W550", 102_000)
    found = count_posting.result(finance, count)
    given = {("NOOD", ""): count_posting.Reasoned(VarianceReason.DAMAGE.value)}
    refused = count_posting.draft(finance, count, found, given)
    assert isinstance(refused, Refusal)
    assert refused.code == "no_reason"
    given["W550", ""] = count_posting.Reasoned(VarianceReason.OTHER.value)
    assert count_posting.draft(finance, count, found, given).code == "no_note"
    given["W550", ""] = count_posting.Reasoned(VarianceReason.OTHER.value, "a case too many")
    draft = count_posting.draft(finance, count, found, given)
    assert {(line.item_code, line.reason) for line in draft.document.lines} == {
        ("NOOD", "damage"),
        ("W550", "other"),
    }


def test_who_counted_does_not_approve_and_somebody_else_posts_once(finance):
    """CTL-05, STK-09."""
    count = counting.begin(finance, CountKind.DETAILED)
    scan(finance, count, "NOOD", 98_000, counter="8001")
    scan(finance, count, "W550", 100_000, counter="8001")
    found = count_posting.result(finance, count)
    reasons = {("NOOD", ""): count_posting.Reasoned(VarianceReason.THEFT.value)}
    draft = count_posting.draft(finance, count, found, reasons)
    signed = documents.sign(finance, draft, Credentials(person(finance, "7001")))
    by_counter = documents.sign(finance, signed, Credentials(person(finance, "8001")))
    refused = count_posting.post(finance, by_counter)
    assert isinstance(refused, Refusal)
    assert refused.code == "counter_approves"
    assert stock.shop_quantity(finance, "NOOD") == 100_000


def test_a_lone_shops_result_makes_the_books_what_was_counted(finance):
    count = counting.begin(finance, CountKind.DETAILED)
    scan(finance, count, "NOOD", 98_000)
    scan(finance, count, "W550", 101_000)
    sell(finance, "NOOD", 1000)
    found = count_posting.result(finance, count)
    reasons = {
        (code, ""): count_posting.Reasoned(VarianceReason.CROSS_CODE.value)
        for code in ("NOOD", "W550")
    }
    draft = count_posting.draft(finance, count, found, reasons)
    for signer in ("7001", "8001"):
        draft = documents.sign(finance, draft, Credentials(person(finance, signer)))
    count_posting.post(finance, draft).saved.result(5)
    assert stock.shop_quantity(finance, "NOOD") == 97_000
    assert stock.shop_quantity(finance, "W550") == 101_000
    again = count_posting.draft(finance, count, found, reasons)
    assert isinstance(again, Refusal)
    assert again.code == "posted"


@pytest.mark.parametrize("counter", ["1001", "8001"])
def test_a_lone_shops_count_that_agrees_is_noted_by_somebody_else(finance, counter):
    """STK-09, CTL-05: nothing to post, and no open business for ever; who counted does not say so."""
    count = counting.begin(finance, CountKind.CYCLE, item_codes=("NOOD",))
    scan(finance, count, "NOOD", 100_000, counter=counter)
    counting.end(finance, count).result(5)
    (waiting,) = count_posting.unposted(finance)
    found = count_posting.result(finance, waiting)
    assert found.lines == ()
    support.act_as(finance, "8001")
    settled = count_posting.settle(finance, waiting, found)
    if counter == "8001":
        assert settled.code == "counter_approves"
        assert count_posting.unposted(finance) == [waiting]
    else:
        settled.result(5)
        assert count_posting.unposted(finance) == []


def test_an_opening_count_of_an_empty_shop_opens_the_books(shop):
    """STK-01: a new shop has nothing to count, and says so by its count."""
    support.act_as(shop, "3001")
    count = counting.begin(shop, CountKind.OPENING)
    counting.end(shop, count).result(5)
    support.act_as(shop, "8001")
    assert not books.are_open(shop)
    count_posting.settle(shop, count, count_posting.result(shop, count)).result(5)
    assert books.are_open(shop)
    assert books.books(shop).state is books.State.BOOKED
    assert count_posting.unposted(shop) == []


def test_the_opening_count_opens_the_books_with_what_is_there(shop):
    """STK-01: opening balances come from a counted, double-signed document alone."""
    support.act_as(shop, "3001")
    count = counting.begin(shop, CountKind.OPENING)
    scan(shop, count, "NOOD", 24_000)
    scan(shop, count, "W550", 36_000)
    scan(shop, count, "NOOD", -1000)
    found = count_posting.result(shop, count)
    draft = count_posting.draft(shop, count, found, {})
    assert draft.document.document_kind is DocumentKind.OPENING
    for signer in ("3001", "8001"):
        draft = documents.sign(shop, draft, Credentials(person(shop, signer)))
    documents.post(shop, draft).saved.result(5)
    assert stock.shop_quantity(shop, "NOOD") == 23_000
    assert books.are_open(shop)
    assert isinstance(counting.begin(shop, CountKind.OPENING), Refusal)


# --------------------------------------------------------------------------------------- tags


def notes(till, register: str) -> list[tuple[str, str, int]]:
    till.write(lambda _: None).result()
    return (
        till.journal.reader()
        .execute(
            "SELECT subject, action, quantity_milli FROM register_note WHERE register = ?",
            (register,),
        )
        .fetchall()
    )


def test_a_mixed_tag_is_listed_and_not_counted_in_and_goes_to_be_judged(finance):
    """STK-06."""
    count = counting.begin(finance, CountKind.DETAILED)
    scan(finance, count, "NOOD", 99_000)
    scan(finance, count, "W550", 100_000)
    count_tags.bad_tag(
        finance, group(count), Tag.MIXED, description="红色碗面, 第二层", item_code="NOOD"
    ).result(5)
    assert by_item(count_posting.result(finance, count)) == {"NOOD": -1000}
    assert [row[1] for row in notes(finance, "tag")] == ["mixed_found"]
    draft = count_tags.judge_draft(finance, count)
    assert draft.document.document_kind is DocumentKind.TO_JUDGE
    assert [(line.item_code, line.reason) for line in draft.document.lines] == [("NOOD", "mixed")]


@pytest.mark.parametrize(("pieces", "violations"), [(5, 0), (6, 1), (9, 1)])
def test_more_than_five_bad_tags_in_a_month_are_one_violation(finance, pieces, violations):
    """STK-07."""
    for number in range(pieces):
        count_tags.note_tag(
            finance, Tag.LOST, description=f"no {number}", place="1", found_by="count"
        )
    assert len(notes(finance, "violation")) == violations


def test_what_the_store_finds_itself_is_forgiven(finance):
    """STK-08."""
    for number in range(9):
        count_tags.note_tag(
            finance, Tag.LOST, description=f"no {number}", place="1", found_by="store"
        )
    assert len(notes(finance, "tag")) == 9
    assert notes(finance, "violation") == []


def test_last_months_bad_tags_are_another_months(shop):
    clock = FixedClock(datetime(2026, 10, 31, 2, 0, tzinfo=UTC))
    shop.clock = shop.journal.clock = clock
    support.act_as(shop, "8001")
    for _ in range(5):
        count_tags.note_tag(shop, Tag.LOST, description="x", place="1", found_by="count")
    clock.advance(86_400_000)
    count_tags.note_tag(shop, Tag.LOST, description="x", place="1", found_by="count")
    assert notes(shop, "violation") == []


def test_a_line_that_agrees_only_in_sum_has_its_batches_put_right_without_asking(finance):
    """QLT-06: sold without a batch number; the count says which batch it was."""
    line = GoodsLine(line_no=1, item_code="NOOD", quantity_milli=10_000, batch="L1")
    draft = drafting.begin(
        finance,
        GoodsDocument(
            document_uuid="", document_kind=DocumentKind.RECEIPT, document_no="", lines=(line,)
        ),
    )
    for signer in ("3001", "8001"):
        draft = documents.sign(finance, draft, Credentials(person(finance, signer)))
    documents.post(finance, draft).saved.result(5)
    count = counting.begin(finance, CountKind.CYCLE, item_codes=("NOOD",))
    for batch, quantity in (("L1", 7000), ("", 103_000)):
        saved = msgspec.structs.replace(counting.counted_line("NOOD", quantity), batch=batch)
        counting.scan(finance, group(count), saved).result(5)
    found = count_posting.result(finance, count)
    assert {(line.batch, line.variance_milli) for line in found.lines} == {
        ("L1", -3000),
        ("", 3000),
    }
    draft = count_posting.draft(finance, count, found, {})
    assert {line.reason for line in draft.document.lines} == {"batch"}
