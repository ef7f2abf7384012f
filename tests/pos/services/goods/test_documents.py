"""Drafts, two signatures, posting: the machine under every goods document (RCV-01..03)."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods import signing
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.journal import decode_entry
from pos.services.goods import documents, drafting
from pos.services.operators import Credentials
from pos.services.people import person


def line(number: int, item_code: str = "NOOD", quantity_milli: int = 12_000) -> GoodsLine:
    return GoodsLine(line_no=number, item_code=item_code, quantity_milli=quantity_milli)


def receipt(*lines: GoodsLine) -> GoodsDocument:
    return GoodsDocument(
        document_uuid="", document_kind=DocumentKind.RECEIPT, document_no="", lines=lines
    )


def sign(till, draft, operator_id):
    return documents.sign(till, draft, Credentials(person(till, operator_id)))


def stock(till) -> dict[str, int]:
    return dict(
        till.journal.reader().execute(
            "SELECT item_code, sum(quantity_milli) FROM stock_movement GROUP BY item_code"
        )
    )


def test_two_people_sign_and_stock_rises_by_one_entry(open_shop):
    draft = drafting.begin(open_shop, receipt(line(1), line(2, "EGG", 30_000)))
    once = sign(open_shop, draft, "3001")
    twice = sign(open_shop, once, "8001")
    posted = documents.post(open_shop, twice)
    document = posted.saved.result(5)
    assert document.document_no.startswith("YS")
    assert [s.operator_id for s in document.signatures] == ["3001", "8001"]
    assert stock(open_shop) == {"NOOD": 12_000, "EGG": 30_000}
    row = (
        open_shop.journal.reader()
        .execute("SELECT bytes FROM journal_entry WHERE kind = 'goods_document'")
        .fetchall()
    )
    assert len(row) == 1
    assert signing.signature_problems(decode_entry(row[0][0]).body) == ()
    assert drafting.drafts(open_shop) == []


@pytest.mark.parametrize("signers", [(), ("3001",)])
def test_a_document_without_two_signatures_posts_nothing(open_shop, signers):
    draft = drafting.begin(open_shop, receipt(line(1)))
    for one in signers:
        draft = sign(open_shop, draft, one)
    refused = documents.post(open_shop, draft)
    assert isinstance(refused, Refusal)
    assert refused.code == "single_signature"
    assert stock(open_shop) == {}


def test_one_person_cannot_be_both(open_shop):
    draft = sign(open_shop, drafting.begin(open_shop, receipt(line(1))), "8001")
    refused = sign(open_shop, draft, "8001")
    assert isinstance(refused, Refusal)
    assert refused.code == "same_person"


def test_an_edit_clears_both_signatures_of_that_line_alone(open_shop):
    draft = drafting.begin(open_shop, receipt(line(1), line(2, "EGG")))
    draft = sign(open_shop, sign(open_shop, draft, "3001"), "8001")
    draft = drafting.put_line(open_shop, draft, line(2, "EGG", 29_000))
    assert signing.unsigned_lines(draft.document, 1) == (2,)
    assert signing.unsigned_lines(draft.document, 2) == (2,)
    assert all(signing.holds(draft.document, one) for one in draft.document.signatures)
    assert documents.post(open_shop, draft).code == "single_signature"
    draft = sign(open_shop, sign(open_shop, draft, "3001"), "8001")
    documents.post(open_shop, draft).saved.result(5)
    assert stock(open_shop) == {"NOOD": 12_000, "EGG": 29_000}


def test_a_change_of_the_header_clears_every_signature(open_shop):
    draft = sign(open_shop, drafting.begin(open_shop, receipt(line(1))), "3001")
    other = msgspec.structs.replace(draft.document, counterparty_name="另一家")
    assert drafting.change(open_shop, draft, other).document.signatures == ()


def test_a_draft_with_its_signature_survives_a_restart(open_shop):
    draft = sign(open_shop, drafting.begin(open_shop, receipt(line(1), line(2))), "3001")
    open_shop.journal.run(lambda txn: None)
    stored = drafting.load(open_shop, draft.draft_uuid)
    assert stored.document == draft.document
    assert stored.state == drafting.HALF_SIGNED
    assert [one.draft_uuid for one in drafting.half_signed(open_shop)] == [draft.draft_uuid]


def test_a_signature_over_other_contents_is_found(open_shop):
    draft = sign(open_shop, drafting.begin(open_shop, receipt(line(1))), "3001")
    tampered = msgspec.structs.replace(draft.document, lines=(line(1, quantity_milli=99_000),))
    assert "signature_mismatch" in signing.signature_problems(tampered)


def test_a_long_document_is_split_over_entries_and_counts_once(open_shop):
    lines = tuple(
        GoodsLine(line_no=n, item_code=f"I{n:05d}", quantity_milli=1000, description="长" * 40)
        for n in range(1, 1501)
    )
    draft = drafting.begin(open_shop, receipt(*lines))
    draft = sign(open_shop, sign(open_shop, draft, "3001"), "8001")
    documents.post(open_shop, draft).saved.result(10)
    assert len(stock(open_shop)) == 1500
    parts = open_shop.journal.reader().execute(
        "SELECT count(*) FROM journal_entry WHERE kind = 'goods_part'"
    )
    assert parts.fetchone()[0] >= 1
