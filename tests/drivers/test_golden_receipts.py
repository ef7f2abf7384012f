"""Receipts as text beside their bytes: a reviewer reads the text, the test compares both.

``GUITAI_UPDATE_GOLDEN=1 pytest tests/drivers/test_golden_receipts.py`` writes them anew.
"""

import os
import tomllib
from pathlib import Path

import pytest

from drivers.document import (
    Barcode,
    Blank,
    Cell,
    Columns,
    Cut,
    Document,
    Element,
    Pair,
    QrCode,
    Rule,
    Text,
)
from drivers.document_layout import render_text
from drivers.escpos.compiler import compile_document
from drivers.escpos.decoder import read_paper
from drivers.escpos.profile import profile_from_mapping

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "receipts"


def sale() -> Document:
    def line(name: str, code: str, quantity: str, price: str, amount: str) -> list[Element]:
        row = Columns(
            (
                Cell(code, 14),
                Cell(quantity, None, "right"),
                Cell(price, 7, "right"),
                Cell(amount, 7, "right"),
            )
        )
        return [Text(name), row]

    return Document(
        (
            Text("人民路便民超市", align="center", double_height=True, bold=True),
            Text("电话 029-8765 4321  西安市碑林区人民路18号（地铁A口）", align="center"),
            Pair("单号:0101-20261121-0042", "机号:01"),
            Pair("收银员:李娜", "2026-11-21 18:22:05"),
            Rule(),
            *line("农夫山泉饮用天然水550ml", "6901234567892", "2", "2.00", "4.00"),
            Pair("  会员优惠", "-0.40"),
            *line(
                "德芙丝滑牛奶巧克力(碗装)252g·秋冬限定①", "6914973600362", "1", "39.90", "39.90"
            ),
            *line("红富士苹果", "2100123", "1.235", "12.80", "15.81"),
            *line("\x1bp\x00\x19\xfa促销品\u202e👍", "6901028300056", "1", "0.00", "0.00"),
            Rule(),
            Pair("件数:4", "合计: ￥59.31", bold=True),
            Pair("", "舍入: -0.01"),
            Pair("微信支付", "实收: ￥59.30"),
            Pair("会员:138****5678", "本次积分:3"),
            Rule("="),
            Text("7日内凭小票退换", align="center"),
            Barcode("0101-20261121-0042"),
            QrCode("https://例.cn/r/0101202611210042", 4),
            Blank(),
            Text("谢谢惠顾 欢迎下次光临", align="center"),
            Text("* 补打 1 *", align="center", double_width=True),
            Cut(),
        ),
        title="0101-20261121-0042",
    )


@pytest.mark.parametrize("name", ["generic-58", "generic-80", "epson-tm-t88"])
def test_a_receipt_is_as_it_was(name):
    mapping = tomllib.loads((ROOT / "config" / "printers" / f"{name}.toml").read_text("utf-8"))
    profile = profile_from_mapping(mapping)
    text = render_text(sale(), profile.columns)
    data = compile_document(sale(), profile)
    text_file, bytes_file = GOLDEN / f"sale-{name}.txt", GOLDEN / f"sale-{name}.bin"
    if os.environ.get("GUITAI_UPDATE_GOLDEN"):
        text_file.write_text(text, "utf-8")
        bytes_file.write_bytes(data)

    assert text == text_file.read_text("utf-8")
    assert data == bytes_file.read_bytes()
    paper = read_paper(data, profile.columns)
    assert (paper.garbage, paper.drawer_kicks) == ((), ())
    assert paper.receipts[0].text + "[cut]\n" == text
    assert paper.receipts[0].barcodes == ("0101-20261121-0042",)
