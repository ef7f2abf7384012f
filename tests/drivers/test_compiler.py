"""Documents become bytes that say no more than they must, and come back from the paper."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.document import (
    Barcode,
    Blank,
    Cell,
    Columns,
    Cut,
    Document,
    Element,
    OpenDrawer,
    Pair,
    QrCode,
    Rule,
    Text,
)
from drivers.document_layout import render_text
from drivers.escpos import commands
from drivers.escpos.code128 import code128
from drivers.escpos.compiler import compile_counted, compile_document
from drivers.escpos.decoder import read_paper
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.tokens import Kind, Token, Tokenizer
from tests.drivers.test_document import documents

P58 = PrinterProfile("test-58", columns=32, dots=384, module_dots_max=2, cutter="none")
P80 = PrinterProfile("test-80", columns=48, dots=576)
codes = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)


@given(documents, st.sampled_from([P58, P80]))
def test_the_paper_equals_the_preview_cell_for_cell(document, profile):
    paper = read_paper(compile_document(document, profile), profile.columns)

    assert paper.garbage == ()
    assert paper.drawer_kicks == ()
    printed = "".join(receipt.text for receipt in paper.receipts)
    assert printed == render_text(document, profile.columns)


@given(documents, st.lists(st.integers(0, 2000), max_size=8))
def test_the_tokens_are_the_same_for_any_chunking(document, cuts):
    data = compile_document(document, P80)
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    tokenizer = Tokenizer()

    def merged(tokens):
        out: list[Token] = []
        for token in tokens:
            if out and token.kind is Kind.TEXT and out[-1].kind is Kind.TEXT:
                out[-1] = type(token)(Kind.TEXT, data=out[-1].data + token.data)
            else:
                out.append(token)
        return out

    pieces = []
    for a, b in zip([0, *places], [*places, len(data)], strict=True):
        pieces += tokenizer.feed(data[a:b])

    assert merged(pieces) == merged(Tokenizer().feed(data))
    assert tokenizer.incomplete == b""


@given(st.binary(max_size=200))
@example(b"\x1d(k\xff\xff1P0")  # a block longer than what comes
@example(b"\x1dv0\x00\xff\xff\xff\xff")  # a picture of four thousand million dots
@example(b"\x1b*\x21\xff\xff\x10\x04\x01")  # a question within a picture
@example(b"\x1c2\xfe")  # half a glyph
def test_the_tokenizer_takes_anything(data):
    Tokenizer().feed(data)
    read_paper(data, 32)


@given(codes)
def test_code_128_comes_back_and_holds_no_command(code):
    made = code128(code)
    assert made is not None
    data, modules = made

    assert not set(data) & {0x10, 0x1B, 0x1C, 0x1D}
    assert modules <= (2 + 2 * len(code)) * 11 + 13
    paper = read_paper(commands.barcode(73, data), 48)
    assert paper.receipts[0].barcodes == (code,)


@pytest.mark.parametrize(
    ("code", "data", "symbols"),
    [
        ("0101-20261121-0042", b"{C\x01\x01{B-{C\x14\x1a\x0b\x15{B-{C\x00\x2a", 16),
        ("ABC", b"{BABC", 5),
        ("123456", b"{C\x0c\x22\x38", 5),
        ("{}", b"{B{{}", 4),
        ("1604", b"{B1604", 6),  # as set C it would read DLE EOT, a command to every printer
    ],
)
def test_code_128_is_as_short_as_can_be(code, data, symbols):
    assert code128(code) == (data, symbols * 11 + 13)


@pytest.mark.parametrize("code", ["", "中文", "a\nb", "x" * 300])
def test_what_is_no_code_128_is_said_by_none(code):
    assert code128(code) is None


def test_a_transaction_number_fits_58_mm_and_the_alignment_is_put_back():
    data = compile_document(Document((Barcode("0101-20261121-0042"), Text("a"))), P58)

    assert b"\x1da" not in data
    assert data.count(commands.ALIGN_CENTER) == data.count(commands.ALIGN_LEFT) == 1
    assert read_paper(data, 32).receipts[0].barcodes == ("0101-20261121-0042",)


def test_a_code_that_is_too_wide_prints_as_text():
    paper = read_paper(compile_document(Document((Barcode("A" * 24),)), P58), 32)

    assert paper.receipts[0].barcodes == ()
    assert paper.receipts[0].text == "    " + "A" * 24 + "\n"


def test_a_qr_code_is_made_by_the_printer_or_sent_as_an_image():
    document = Document((QrCode("https://例.cn/01/06901234567892"),))
    native = read_paper(compile_document(document, P80), 48)

    assert native.receipts[0].qr_codes == ("https://例.cn/01/06901234567892",)
    image = PrinterProfile("i", columns=48, dots=576, native_qr=False)
    tokens = Tokenizer().feed(compile_document(document, image))
    strips = [token for token in tokens if token.kind is Kind.IMAGE]
    assert len({token.value for token in strips}) == 1
    assert all(token.value <= 72 for token in strips)
    assert all(len(token.data) <= 72 * 128 for token in strips)
    assert not any(
        danger in token.data for token in strips for danger in commands.REAL_TIME_DANGER
    )


@given(st.text(max_size=80))
def test_a_qr_code_never_holds_a_control_byte(text):
    for token in Tokenizer().feed(compile_document(Document((QrCode(text),)), P80)):
        if token.kind is Kind.QR and token.value == 0x50:
            assert all(value >= 0x20 and value != 0x7F for value in token.data)


def test_a_job_starts_in_chinese_mode_and_never_chooses_a_code_page():
    data = compile_document(Document((Text("é中¥"), Cut())), P80)

    assert data.startswith(b"\x1b@\x1c&")
    assert b"\x1bt" not in data


def test_copies_are_whole_jobs():
    paper = read_paper(compile_document(Document((Text("a"), Cut()), copies=3), P80), 48)

    assert [receipt.text for receipt in paper.receipts] == ["a\n"] * 3


def test_a_printer_without_chinese_glyphs_gets_question_marks_and_says_how_many():
    western = PrinterProfile("w", columns=42, dots=512, chinese_rom=False)

    compiled = compile_counted(Document((Pair("水 water", "4.00"), Text("😀"))), western)

    assert b"\x1c&" not in compiled.data
    assert b"?? water" in compiled.data
    assert compiled.substitutions == 2


def test_a_drawer_pulse_has_both_its_times():
    data = compile_document(Document((OpenDrawer(),)), P80)

    assert data.endswith(b"\x1bp\x00\x19\xfa")
    assert compile_document(Document((OpenDrawer(5),)), P80).endswith(b"\x1bp\x01\x19\xfa")


def thirty_line_receipt():
    elements: list[Element] = [
        Text("人民路便民超市", align="center", double_height=True),
        Pair("单号:0101-20261121-0042", "机号:01"),
        Pair("收银员:李娜", "2026-11-21 18:22:05"),
        Rule(),
    ]
    for number in range(11):
        elements.append(Text(f"农夫山泉饮用天然水550ml第{number}种"))
        elements.append(
            Columns(
                (
                    Cell("6901234567892"),
                    Cell("2", 6, "right"),
                    Cell("2.00", 9, "right"),
                    Cell("4.00", 10, "right"),
                )
            )
        )
    elements += [Rule(), Pair("合计", "44.00", bold=True), Pair("微信支付", "44.00"), Blank()]
    return Document((*elements, Cut()))


def test_a_receipt_costs_its_text_and_little_more():
    document = thirty_line_receipt()
    text = render_text(Document(document.elements[:-1]), 48).encode("gbk")

    assert len(document.elements) == 31
    assert len(compile_document(document, P80)) <= 1.05 * len(text) + 0.02 * len(text)
