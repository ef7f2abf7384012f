"""Thirty-line receipts for bar 16, each with goods of its own, as text, document and bytes."""

from __future__ import annotations

from pos.domain.cart import LineKind
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.tender import CASH, Tender
from pos.receipt import SlipFacts

LINES = 30
GOODS = ("农夫山泉饮用天然水", "康师傅红烧牛肉面", "伊利纯牛奶", "海天酱油", "洽洽香瓜子")

FACTS = SlipFacts(
    barcode=False,  # the plain side prints text alone, so both do
    columns=48,
    store_name="人民路便民超市",
    phone="029-87654321",
    address="西安市碑林区人民路18号",
    footer_lines=("7日内凭小票退换", "谢谢惠顾 欢迎下次光临"),
    workstation_id="01",
    tender_names={"cash": ("现金", "Cash")},
    operator_names={"1001": "李娜"},
)


def sale(number: int) -> Transaction:
    """The sale of thirty lines with this number; no two share a line."""
    lines = tuple(
        TransactionLine(
            line_no=place + 1,
            kind=LineKind.SALE,
            item_code=f"{number:05d}{place:02d}",
            description=f"{GOODS[place % len(GOODS)]}{number:05d}{place:02d}",
            quantity_milli=1000 + 1000 * (place % 3),
            unit_price_e4=20_000 + number * 100,
            amount_minor=(200 + number) * (1 + place % 3),
            barcode=f"69{number:06d}{place:05d}",
        )
        for place in range(LINES)
    )
    total = sum(line.amount_minor for line in lines)
    return Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no=f"0101-20261121-{number:04d}",
        number=number,
        operator_id="1001",
        lines=lines,
        tenders=(Tender(tender_no=1, tender_type=CASH, amount_minor=total),),
        total_minor=total,
        at="2026-11-21T18:22:05",
    )
