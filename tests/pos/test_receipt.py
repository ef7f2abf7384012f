"""Slips on paper: text beside bytes, 58 and 80 mm, Chinese, English and both.

`GUITAI_UPDATE_GOLDEN=1 pytest tests/pos/test_receipt.py` writes the golden slips anew.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.document import Barcode, Document, QrCode
from drivers.document_layout import layout, render_text
from drivers.escpos.compiler import compile_document
from drivers.escpos.decoder import read_paper
from drivers.escpos.encoder import cell_width
from drivers.escpos.profile import profile_from_mapping
from pos.domain.cart import LineKind, OriginalLine
from pos.domain.journal.shift_bodies import CashMovement, DayClose, NoSale, ShiftClose
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.shift import CountedTender, Totals, TotalsBuilder
from pos.domain.tender import Tender, TenderState
from pos.receipt import SlipFacts, receipt_document
from pos.services import reporting
from tests.drivers.drawn import NumberedGlyphs, read_strip

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "slips"
WIDTHS = {32: "generic-58", 48: "generic-80"}

WATER = TransactionLine(
    line_no=1,
    kind=LineKind.SALE,
    item_code="W550",
    description="农夫山泉饮用天然水550ml",
    quantity_milli=2000,
    unit_price_e4=18_000,
    unit_discount_e4=2000,
    amount_minor=360,
    discount_minor=40,
    barcode="6901234567892",
)
BAG = TransactionLine(
    line_no=2,
    kind=LineKind.SALE,
    item_code="B1",
    description="购物袋",
    quantity_milli=1000,
    unit_price_e4=3000,
    amount_minor=30,
)
TOMATO = TransactionLine(
    line_no=3,
    kind=LineKind.SALE,
    item_code="V1",
    description="西红柿",
    quantity_milli=328,
    unit_price_e4=69_800,
    amount_minor=229,
    weighed=True,
    unit="kg",
)


def facts(columns: int = 32, language: str = "zh", **values) -> SlipFacts:
    return SlipFacts(
        columns=columns,
        language=language,
        store_name="人民路便民超市",
        store_name_en="Renmin Road Store",
        phone="029-87654321",
        address="西安市碑林区人民路18号",
        footer_lines=("7日内凭小票退换", "谢谢惠顾 欢迎下次光临"),
        workstation_id="01",
        tender_names={
            "cash": ("现金", "Cash"),
            "wechat": ("微信支付", "WeChat Pay"),
            "card": ("刷卡", "Bank card"),
        },
        operator_names={"1001": "李娜", "1002": "王强", "8001": "周建国"},
        **values,
    )


def transaction(lines, tenders, **values) -> Transaction:
    return Transaction(
        **{
            "transaction_type": TransactionType.SALE,
            "transaction_no": "0101-20261121-0042",
            "number": 42,
            "operator_id": "1001",
            "lines": tuple(lines),
            "tenders": tuple(tenders),
            "total_minor": sum(line.amount_minor for line in lines),
            "discount_minor": sum(line.discount_minor for line in lines),
            "at": "2026-11-21T18:22:05",
            **values,
        }
    )


def cash(given: int, change: int = 0) -> tuple[Tender, ...]:
    paid = Tender(tender_no=1, tender_type="cash", amount_minor=given)
    if not change:
        return (paid,)
    return (
        paid,
        Tender(tender_no=2, tender_type="cash", amount_minor=-change, change=True),
    )


SALE = transaction((WATER, BAG, TOMATO), cash(2000, 1381))
SIMPLE = transaction(
    (WATER,), (Tender(tender_no=1, tender_type="wechat", amount_minor=360, reference="0827"),)
)
MIXED = transaction(
    (
        msgspec.structs.replace(
            BAG,
            quantity_milli=12_000,
            amount_minor=354,
            allocated_discount_minor=6,
            discount_minor=6,
        ),
        TransactionLine(
            line_no=4,
            kind=LineKind.OTHER,
            item_code="",
            description="cash rounding",
            quantity_milli=1000,
            unit_price_e4=-400,
            amount_minor=-4,
            reason="cash_rounding",
        ),
    ),
    (
        Tender(tender_no=1, tender_type="card", amount_minor=200, state=TenderState.UNDECIDED),
        Tender(tender_no=2, tender_type="cash", amount_minor=150),
    ),
    approver_id="8001",
)
RETURN = transaction(
    (
        msgspec.structs.replace(
            WATER,
            kind=LineKind.RETURN,
            quantity_milli=-1000,
            amount_minor=-180,
            discount_minor=-20,
            original=OriginalLine(transaction_no="0101-20261120-0007", line_no=1),
        ),
    ),
    cash(-180),
    transaction_type=TransactionType.RETURN,
    original_transaction_no="0101-20261120-0007",
)
VOID = transaction(
    (
        msgspec.structs.replace(
            BAG,
            kind=LineKind.VOID,
            quantity_milli=-1000,
            amount_minor=-30,
            original=OriginalLine(transaction_no="0101-20261121-0041", line_no=2),
        ),
    ),
    cash(-30),
    transaction_type=TransactionType.VOID,
    original_transaction_no="0101-20261121-0041",
    approver_id="8001",
)


def totals() -> Totals:
    builder = TotalsBuilder()
    for one in (SALE, SIMPLE, MIXED, RETURN, VOID):
        builder.add_transaction(one)
    for name, amount in (
        ("opening_float_minor", 50_000),
        ("paid_in_minor", 10_000),
        ("paid_out_minor", 2500),
        ("no_sales", 1),
        ("cancelled_sales", 2),
        ("cancelled_minor", 1234),
        ("line_voids", 3),
        ("line_voids_minor", 990),
        ("reprints", 1),
    ):
        builder.add(name, amount)
    return builder.totals()


def counted() -> tuple[CountedTender, ...]:
    expected = totals()
    return (
        CountedTender(
            tender_type="cash",
            expected_minor=expected.expected_minor("cash"),
            counted_minor=58_000,
            denominations={"10000": 5, "5000": 1, "1000": 3},
        ),
        CountedTender(tender_type="wechat", expected_minor=360, counted_minor=360),
        CountedTender(tender_type="card", expected_minor=200),
    )


TOP = reporting.SlipHead(
    business_day="2026-11-21", operator_id="1001", at="2026-11-21T22:31:09", shift_no=2
)
Z = DayClose(
    z_no=17,
    totals=totals(),
    counted=counted(),
    first_transaction_no="0101-20261121-0001",
    last_transaction_no="0101-20261121-0042",
    perpetual_gross_minor=12_345_678,
    perpetual_returns_minor=98_765,
    shifts=2,
    open_items=(
        "parked_sale 红衣 owner=1002 due=2026-11-22 amount=12.50",
        "print_job +10 due=2026-11-22",
    ),
    forced=True,
    approver_id="8001",
    journal_head="9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0",
)
HANDOVER = ShiftClose(
    shift_no=2,
    totals=totals(),
    counted=counted(),
    handed_up_minor=38_000,
    left_minor=20_000,
    receiver_id="1002",
    reason="早晚交接",
    undecided=("undecided_tender 0101-20261121-0040/1 owner=1001 due=2026-11-22 amount=2.00",),
)
PAID_OUT = CashMovement(
    movement="paid_out", amount_minor=2500, reason="零星采购", number=8, approver_id="8001"
)

SLIPS = {
    "sale": lambda f: receipt_document(SALE, f),
    "wechat": lambda f: receipt_document(SIMPLE, f),
    "mixed": lambda f: receipt_document(MIXED, f),
    "reprint-training": lambda f: receipt_document(
        SALE, msgspec.structs.replace(f, training=True), reprint_count=2
    ),
    "return": lambda f: receipt_document(RETURN, f),
    "void": lambda f: receipt_document(VOID, f),
    "x": lambda f: reporting.x_document(f, TOP, totals()),
    "z": lambda f: reporting.z_document(f, TOP, Z),
    "handover": lambda f: reporting.shift_document(f, TOP, HANDOVER),
    "paid-out": lambda f: reporting.cash_document(f, TOP, PAID_OUT),
    "no-sale": lambda f: reporting.no_sale_document(f, TOP, NoSale(reason="换零钱")),
}


@pytest.mark.snapshot
@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_as_it_was(name, columns, language):
    mapping = tomllib.loads(
        (ROOT / "config" / "printers" / f"{WIDTHS[columns]}.toml").read_text("utf-8")
    )
    profile = profile_from_mapping(mapping)
    document = SLIPS[name](facts(columns, language))
    text = render_text(document, columns)
    data = compile_document(document, profile)
    text_file = GOLDEN / f"{name}-{language}-{columns}.txt"
    bytes_file = text_file.with_suffix(".bin")
    if os.environ.get("GUITAI_UPDATE_GOLDEN"):
        text_file.write_text(text, "utf-8")
        bytes_file.write_bytes(data)

    assert text == text_file.read_text("utf-8")
    assert data == bytes_file.read_bytes()
    assert max(cell_width(line) for line in text.splitlines()) <= columns
    paper = read_paper(data, columns)
    assert (paper.garbage, paper.drawer_kicks) == ((), ())
    assert paper.receipts[0].text + "[cut]\n" == text


@pytest.mark.parametrize("language", ["zh", "en", "both"])
@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("name", SLIPS)
def test_a_printer_without_chinese_glyphs_draws_the_same_slip(name, columns, language):
    mapping = {"name": "drawn", "columns": columns, "dots": columns * 12, "raster": True}
    whole = SLIPS[name](facts(columns, language))
    words = tuple(one for one in whole.elements if not isinstance(one, Barcode | QrCode))
    document = Document(words)

    data = compile_document(document, profile_from_mapping(mapping), NumberedGlyphs())
    paper = read_paper(data, columns)

    assert (paper.garbage, paper.drawer_kicks) == ((), ())
    [image] = [line for line in paper.receipts[0].lines if line.dots]
    lines = [one for one in layout(document, columns, rare=True) if one.element is None]
    drawn = read_strip(image, lines, columns)
    printed = render_text(document, columns).removesuffix("[cut]\n").splitlines()
    assert [line.rstrip() for line in drawn] == [line.rstrip() for line in printed]


def test_the_slip_of_58_mm_stands_as_the_shop_knows_it():
    text = render_text(receipt_document(SIMPLE, facts(32)), 32)
    assert text.splitlines()[3:15] == [
        "单号:0101-20261121-0042  机号:01",
        "收银员:李娜  2026-11-21 18:22:05",
        "--------------------------------",
        "品名        数量   单价     金额",
        "农夫山泉饮用天然水550ml",
        "6901234567892  2   2.00     4.00",
        "  优惠                     -0.40",
        "--------------------------------",
        "件数:2               合计:  3.60",
        "                     优惠: -0.40",
        "微信支付 0827        实收:  3.60",
        "                     找零:  0.00",
    ]


def test_the_number_is_printed_as_a_barcode_unless_the_shop_says_no():
    with_one = receipt_document(SALE, facts())
    without = receipt_document(SALE, facts(barcode=False))
    assert [e.data for e in with_one.elements if isinstance(e, Barcode)] == ["0101-20261121-0042"]
    assert not [e for e in without.elements if isinstance(e, Barcode)]


def test_a_payment_that_nobody_could_verify_is_marked():
    assert "刷卡(待核)" in render_text(receipt_document(MIXED, facts()), 32)


def test_what_goods_cost_and_what_was_taken_off_come_to_the_total():
    for one in (SALE, SIMPLE, MIXED, RETURN, VOID):
        text = render_text(receipt_document(one, facts(48, "en")), 48)
        goods = text.split("Amount\n")[1].split("-----")[0]
        shown = sum(
            round(float(line.replace(",", "").split()[-1]) * 100)
            for line in goods.splitlines()
            if re.search(r"-?\d+\.\d\d$", line)
        )
        rounding = sum(x.amount_minor for x in one.lines if x.reason == "cash_rounding")
        assert shown == one.total_minor - rounding


@given(
    name=st.text(max_size=80),
    quantity=st.integers(1, 10**9),
    price=st.integers(0, 10**9),
    columns=st.sampled_from([32, 48]),
)
def test_no_name_and_no_figure_breaks_the_paper(name, quantity, price, columns):
    line = msgspec.structs.replace(
        WATER, description=name, quantity_milli=quantity, unit_price_e4=price, barcode=name
    )
    document = receipt_document(transaction((line,), cash(360)), facts(columns, "en"))
    text = render_text(document, columns)
    assert max(cell_width(row) for row in text.splitlines()) <= columns
    assert "3.60" in text
