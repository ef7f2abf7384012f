"""Lines and rare characters that are drawn stand cell for cell where the preview shows them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.document import Barcode, Cut, Document, Pair, Picture, StoredPicture, Text
from drivers.document_json import dump_document, load_document
from drivers.document_layout import layout, render_text
from drivers.errors import Illegal
from drivers.escpos import commands
from drivers.escpos.compiler import compile_counted, compile_document, has_rare
from drivers.escpos.decoder import DRAWN, read_paper
from drivers.escpos.encoder import is_rare
from drivers.escpos.fonts import find_font, load_glyphs
from drivers.escpos.glyphs import bit_image, disarm, pack
from drivers.escpos.pictures import load_picture
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.tokens import Kind, Tokenizer
from tests.drivers.drawn import NoGlyphs, NumberedGlyphs, read_column_glyph, read_strip
from tests.drivers.test_document import documents

RASTER = PrinterProfile("r", columns=48, dots=576, chinese_rom=False, raster=True)
RASTER_58 = PrinterProfile(
    "r58", columns=32, dots=384, chinese_rom=False, raster=True, strip_rows=256, cutter="none"
)
IN_LINE = PrinterProfile("b", columns=32, dots=384, rare_glyphs="bit_image")
OWN = PrinterProfile("u", columns=32, dots=384, rare_glyphs="user_defined")
GLYPHS = NumberedGlyphs()
rare_words = st.text(st.sampled_from("农a1 \u3000𠮷㐂가龦😀\x1b\u202e"), max_size=40)
rare_documents = st.builds(
    Document,
    st.lists(
        st.one_of(
            st.builds(
                Text,
                rare_words,
                st.sampled_from(["left", "center", "right"]),
                st.booleans(),
                st.booleans(),
                st.booleans(),
            ),
            st.builds(Pair, rare_words, rare_words, st.booleans()),
        ),
        max_size=6,
    ).map(tuple),
)


@given(documents | rare_documents, st.sampled_from([RASTER, RASTER_58]))
@example(Document((Text("𠮷 bold", bold=True, double_width=True, double_height=True),)), RASTER)
def test_a_drawn_receipt_equals_the_preview_cell_for_cell(document, profile):
    paper = read_paper(compile_document(document, profile, GLYPHS), profile.columns)

    laid = layout(document, profile.columns, rare=True)
    images = [line for one in paper.receipts for line in one.lines]
    texts = read_strip(images[0], laid, profile.columns) if images else []
    assert paper.garbage == ()
    assert texts == render_text(document, profile.columns, rare=True).splitlines()


@given(rare_documents, st.sampled_from([IN_LINE, OWN]))
@example(Document((Text("单价𠮷𠮷", double_width=True, bold=True),)), IN_LINE)
def test_a_rare_character_stands_in_the_line_where_the_preview_shows_it(document, profile):
    data = compile_document(document, profile, GLYPHS)

    paper = read_paper(data, profile.columns, read_column_glyph)

    assert paper.garbage == ()
    printed = "".join(receipt.text for receipt in paper.receipts)
    assert printed == render_text(document, profile.columns, rare=True)
    unread = "".join(one.text for one in read_paper(data, profile.columns).receipts)
    assert unread == "".join(DRAWN if is_rare(one) else one for one in printed)


def test_a_glyph_of_ours_is_defined_once_and_copies_define_it_again():
    document = Document((Text("𠮷野家 𠮷𠮷"), Cut()), copies=2)

    tokens = Tokenizer().feed(compile_document(document, OWN, GLYPHS))

    assert [token.kind for token in tokens].count(Kind.GLYPH) == 2
    assert [token.kind for token in tokens].count(Kind.INITIALIZE) == 2


def test_what_no_font_holds_is_a_question_mark_of_two_cells_and_counted():
    document = Document((Pair("𠮷野家", "4.00"), Cut()))

    for profile in (IN_LINE, OWN):
        made = compile_counted(document, profile, NoGlyphs())
        text = read_paper(made.data, 32).receipts[0].text
        assert text.startswith("？野家")
        assert made.substitutions == 1
    assert compile_counted(document, RASTER, NoGlyphs()).substitutions == 3


def test_without_glyphs_a_rare_character_is_substituted_as_before():
    document = Document((Text("𠮷a"),))

    made = compile_counted(document, IN_LINE)

    assert read_paper(made.data, 32).receipts[0].text == "?a\n"
    assert made.substitutions == 1
    assert has_rare(document)
    assert not has_rare(Document((Text("农夫山泉 😀"),)))


def test_a_printer_that_draws_says_what_it_lacks_without_a_font():
    with pytest.raises(Illegal) as refused:
        compile_document(Document((Text("a"),)), RASTER)
    assert refused.value.code == "no_font"
    assert "font" in refused.value.hint


def test_strips_are_never_higher_than_the_profile_allows():
    document = Document((*(Text(f"第{n}行") for n in range(60)), Cut()))

    for profile in (RASTER, RASTER_58):
        tokens = Tokenizer().feed(compile_document(document, profile, GLYPHS))
        heights = [len(t.data) // t.value for t in tokens if t.kind is Kind.IMAGE]
        assert max(heights) <= profile.strip_rows <= 256
        assert sum(heights) == 60 * 30


@given(st.lists(st.integers(0, 2**384 - 1), min_size=1, max_size=40))
def test_no_picture_spells_a_real_time_request(rows):
    assert not any(danger in pack(rows, 384)[1] for danger in commands.REAL_TIME_DANGER)
    glyph = [row & 0xFFFFFF for row in rows[:24]] + [0] * max(0, 24 - len(rows))
    assert not any(danger in bit_image(glyph, 24) for danger in commands.REAL_TIME_DANGER)


def test_a_request_across_two_rows_is_disarmed_as_well():
    assert disarm(b"\x01\x10\x04\x10\x14") == b"\x01\x30\x04\x30\x14"


def test_the_logo_is_shrunk_to_the_paper_and_printed_in_the_middle(tmp_path):
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (1200, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((300, 100, 900, 300), fill="black")
    image.save(tmp_path / "logo.png")

    logo = load_picture(tmp_path / "logo.png", 384)

    document = Document((logo, Text("店"), Barcode("12"), StoredPicture(2), Cut()))
    assert load_document(dump_document(document)) == document
    paper = read_paper(compile_document(document, IN_LINE), 32)
    picture = paper.receipts[0].lines[0]
    assert (len(picture.dots) // picture.width_bytes, picture.text.strip()) == (128, "[image]")
    middle = picture.dots[64 * picture.width_bytes :][: picture.width_bytes]
    assert (middle[10], middle[20]) == (0, 0xFF)
    assert paper.receipts[0].text + "[cut]\n" == render_text(document, 32)


@pytest.mark.parametrize("data", ["", "!!", "AAAA", "=" * 40])
def test_a_picture_that_is_none_prints_nothing(data):
    paper = read_paper(compile_document(Document((Picture(100, data), Text("a"))), IN_LINE), 32)

    assert paper.receipts[0].text == "a\n"


def test_a_picture_file_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "logo.png").write_bytes(b"no picture")
    for path in (tmp_path / "logo.png", tmp_path / "missing.png"):
        with pytest.raises(Illegal) as refused:
            load_picture(path, 384)
        assert refused.value.code == "bad_picture"


def test_a_font_that_is_named_and_missing_is_said(tmp_path):
    assert find_font(str(tmp_path / "none.ttf")) is None
    (tmp_path / "bad.ttf").write_bytes(b"no font")
    for path in ("none.ttf", "bad.ttf"):
        with pytest.raises(Illegal) as refused:
            load_glyphs(str(tmp_path / path))
        assert refused.value.code == "no_font"


@pytest.mark.skipif(find_font() is None, reason="no Chinese font on this machine")
def test_a_real_font_draws_hanzi_in_their_box():
    glyphs = load_glyphs()

    for character in "农夫𠮷①￥":
        glyph = glyphs.glyph(character, 24)
        assert len(glyph) == 24
        assert 20 < sum(row.bit_count() for row in glyph) < 400
        assert all(row < 1 << 24 for row in glyph)
    for character in "AWgj@0":
        assert any(glyphs.glyph(character, 12))
        assert all(row < 1 << 12 for row in glyphs.glyph(character, 12))
    assert glyphs.glyph("国", 24) != glyphs.glyph("图", 24)
    assert glyphs.glyph("\U000e0100", 24) is None or not any(glyphs.glyph(" ", 12))
