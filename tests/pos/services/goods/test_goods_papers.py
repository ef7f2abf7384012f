"""Papers of goods that leave: what each says, on both widths and in each language."""

from __future__ import annotations

import pytest

from drivers.document import Barcode
from drivers.document_layout import layout
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine, Signature
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_dispatch import PickRow, gate_pass, pick_list, register_form
from pos.receipt.goods_leaving import leaving_slip
from pos.receipt.goods_loan import loan_slip

AT = "2026-11-21T10:00:00+08:00"
REASONS = {"damaged": ("破损", "Damaged")}
LINE = GoodsLine(
    line_no=1,
    item_code="FRIDGE",
    quantity_milli=2000,
    description="双开门冰箱",
    unit="台",
    batch="B1",
    expiry="2027-01-31",
    unit_codes=("S1", "S2"),
    reason="damaged",
)


def facts(language="zh", columns=48):
    return SlipFacts(
        columns=columns,
        language=language,
        store_name="人民路便民超市",
        store_name_en="Renmin Road Corner Market",
        workstation_id="01",
        operator_names={"8001": "周建国"},
    )


def document(kind, **more):
    return GoodsDocument(
        document_uuid="U",
        document_kind=kind,
        document_no="XX0101-20261121-001",
        counterparty_name="兴农合作社",
        lines=(LINE,),
        signatures=(
            Signature(slot=1, operator_id="3001", name="陈桂芳"),
            Signature(slot=2, operator_id="8001", name="周建国"),
        ),
        **more,
    )


def text(paper, columns=48):
    return "\n".join(line.preview for line in layout(paper, columns))


@pytest.mark.parametrize("columns", [32, 48])
@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize(
    "kind",
    [
        DocumentKind.SUPPLIER_RETURN,
        DocumentKind.SCRAP,
        DocumentKind.TRANSFER_OUT,
        DocumentKind.TO_JUDGE,
        DocumentKind.JUDGED,
        DocumentKind.JUDGED_OUT,
    ],
)
def test_each_voucher_names_goods_reason_and_both_people_ret_04(kind, language, columns):
    paper = leaving_slip(document(kind, reason="damaged"), facts(language, columns), AT, REASONS)
    said = text(paper, columns)
    for part in ("双开门冰箱", "B1", "2027-01-31", "S1", "陈桂芳", "周建国", "20261121-001"):
        assert part in said, part
    assert ("Damaged" if language == "en" else "破损") in said
    assert any(isinstance(one, Barcode) for one in paper.elements)
    assert all(line.cells <= columns for line in layout(paper, columns))


def test_a_write_off_shows_its_value_at_cost_and_retail_stk_14():
    fields = {"cost_minor": "400000", "retail_minor": "599800"}
    said = text(leaving_slip(document(DocumentKind.SCRAP, fields=fields), facts("en"), AT, {}))
    assert "4,000.00" in said
    assert "5,998.00" in said


def test_the_loans_paper_has_consent_approval_and_the_borrowers_line_reg_03():
    loan = document(
        DocumentKind.LOAN_OUT,
        reference_no="SQ-3",
        due_day="2026-12-06",
        fields={"responsible_name": "王强"},
    )
    said = text(loan_slip(loan, facts("en"), AT, REASONS))
    for part in ("SQ-3", "2026-12-06", "王强", "Counter head consents", "Department manager"):
        assert part in said, part
    assert "Borrower:________" in said


def test_a_charge_says_who_pays_reg_05():
    back = document(
        DocumentKind.LOAN_RETURN,
        reference="WJ-1",
        fields={"charged_to": "1002", "charged_name": "王强"},
    )
    said = text(loan_slip(back, facts("en"), AT, REASONS))
    assert "* CHARGED 王强 *" in said
    assert "WJ-1" in said
    plain = text(loan_slip(document(DocumentKind.LOAN_RETURN), facts("en"), AT, REASONS))
    assert "CHARGED" not in plain


@pytest.mark.parametrize("columns", [32, 48])
def test_the_register_form_is_what_the_customer_signs_reg_01(columns):
    held = document(
        DocumentKind.DISPATCH_HOLD,
        reference="010101-20261121-0001",
        due_day="2026-11-24",
        fields={"mode": "deliver", "phone": "138", "address": "人民路 8 号", "half": "am"},
    )
    said = text(register_form(held, facts("en", columns), AT), columns)
    for part in ("010101-20261121-0001", "2026-11-24 morning", "人民路 8 号", "To be delivered"):
        assert part in said, part
    assert "Customer:________" in said


def test_the_pick_list_and_the_gate_pass():
    row = PickRow(
        number="FH1", customer="王", phone="138", address="人民路", half="am", lines=(LINE,)
    )
    said = text(pick_list([row], facts("en"), "2026-11-24", "am"))
    assert "FH1" in said
    assert "morning" in said
    paper = gate_pass("MZ0101-20261121-001", "FH1", (LINE,), facts("en"), AT, "8001")
    assert [one.data for one in paper.elements if isinstance(one, Barcode)] == [
        "MZ0101-20261121-001"
    ]
    assert "Guard:________" in text(paper)
