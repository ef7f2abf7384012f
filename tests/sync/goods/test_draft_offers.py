"""The second signature at another till, by way of head office: shipped tills, uploaders, office (RCV-01)."""

from __future__ import annotations

import random

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.services.goods import documents, draft_offers, drafting, stock
from pos.services.shifts import rows
from pos.store import draft_offers as stored
from tests.pos.services import shop as support
from tests.sync.goods.world import GoodsTill, GoodsWorld

ITEM = "NOOD"


@pytest.fixture
def world(tmp_path):
    made = GoodsWorld(tmp_path, random.Random(1))
    made.drain()
    for till in made.tills.values():
        support.act_as(till.till, "8001")
        support.begin_day(till.till)
    yield made
    made.close()


def tell(world: GoodsWorld) -> None:
    """Everything is said, and every till has heard what its siblings wrote."""
    world.drain()
    for till in world.tills.values():
        till.engine.siblings.soon(world.now_ms)
    world.drain()


def half_signed(till: GoodsTill, lines: int = 1):
    document = GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.RECEIPT,
        document_no="",
        counterparty_name="光明乳业",
        lines=tuple(
            GoodsLine(line_no=n, item_code=ITEM, quantity_milli=2_000, description="面" * 60)
            for n in range(1, lines + 1)
        ),
    )
    draft = drafting.begin(till.till, document)
    return documents.sign(till.till, draft, till.credentials("3001"))


def open_items(till: GoodsTill) -> list[str]:
    return [one.kind for one in rows.half_signed_receipts(till.till.journal.reader(), "")]


def test_it_is_offered_taken_signed_second_and_posted_elsewhere(world):
    one, two = world.tills["01", "01"], world.tills["01", "02"]
    draft_offers.offer(one.till, half_signed(one)).result(5)
    assert drafting.drafts(one.till) == []
    assert open_items(one) == ["half_signed_receipt"]  # still its business, by name (RCV-03)
    tell(world)
    assert world.of_head_office("01") == {}  # offered is not posted
    (offer,) = draft_offers.waiting(two.till)
    assert (offer.workstation_id, offer.own) == ("01", False)
    draft = draft_offers.take(two.till, offer).result(5)
    assert open_items(two) == ["half_signed_receipt"]
    assert draft_offers.waiting(two.till) == []
    same = documents.sign(two.till, draft, two.credentials("3001"))
    assert isinstance(same, Refusal)
    assert same.code == "same_person"
    signed = documents.sign(two.till, draft, two.credentials("8001"))
    documents.post(two.till, signed).saved.result(5)
    tell(world)
    assert world.of_head_office("01") == {(ITEM, ""): 2_000}
    assert draft_offers.waiting(one.till) == []
    assert open_items(one) == open_items(two) == []
    assert stock.on_hand(one.till, ITEM).shop_milli == 2_000


def test_the_till_that_offered_it_may_take_it_back(world):
    one = world.tills["01", "01"]
    draft = half_signed(one)
    draft_offers.offer(one.till, draft).result(5)
    (offer,) = draft_offers.waiting(one.till)
    assert offer.own
    assert draft_offers.take(one.till, offer).result(5).document == draft.document
    assert draft_offers.waiting(one.till) == []


def test_taken_at_two_tills_at_once_it_is_booked_once(world):
    one, two = world.tills["01", "01"], world.tills["01", "02"]
    draft_offers.offer(one.till, half_signed(one)).result(5)
    tell(world)
    for till in (one, two):
        (offer,) = draft_offers.waiting(till.till)
        draft = draft_offers.take(till.till, offer).result(5)
        signed = documents.sign(till.till, draft, till.credentials("8001"))
        documents.post(till.till, signed).saved.result(5)
    tell(world)
    assert world.of_head_office("01") == {(ITEM, ""): 2_000}


def test_an_offer_that_was_changed_on_its_way_is_refused(world):
    """Negative control of the first: the same offer, one quantity more."""
    one = world.tills["01", "01"]
    draft = half_signed(one)
    line = msgspec.structs.replace(draft.document.lines[0], quantity_milli=9_000)
    forged = msgspec.structs.replace(draft.document, lines=(line,))
    body = stored.OfferedDraft(format=1, document=forged, working=draft.working)
    note = RegisterNoted(
        register=Register.DRAFT,
        subject=forged.document_uuid,
        action=stored.OFFERED,
        fields={"draft": msgspec.json.encode(body).decode(), "from": "02"},
    )
    one.till.append(EntryKind.REGISTER_NOTED, note).result(5)
    (offer,) = draft_offers.waiting(one.till)
    refused = draft_offers.take(one.till, offer)
    assert isinstance(refused, Refusal)
    assert refused.code == "file_changed"


def test_what_is_too_long_for_an_entry_or_not_signed_stays_here(world):
    one = world.tills["01", "01"]
    long = half_signed(one, lines=1_500)
    assert draft_offers.offer(one.till, long).code == "too_long"
    blank = drafting.begin(
        one.till,
        GoodsDocument(document_uuid="", document_kind=DocumentKind.RECEIPT, document_no=""),
    )
    assert draft_offers.offer(one.till, blank).code == "not_signed"
    one.till.write(lambda _: None).result(5)
    assert len(drafting.drafts(one.till)) == 2
