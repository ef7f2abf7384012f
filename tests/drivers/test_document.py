"""Documents are laid out cell by cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.document import (
    Blank,
    Cell,
    Columns,
    Cut,
    Document,
    OpenDrawer,
    Pair,
    Rule,
    Text,
    without_drawer,
)
from drivers.document_layout import layout, render_text, wrap
from drivers.escpos.encoder import cell_width, clean

words = st.text(st.sampled_from("农夫山泉 \u3000ab12.，①￥-😀\x1b"), max_size=60)
aligns = st.sampled_from(["left", "center", "right"])
elements = st.one_of(
    st.builds(Text, words, aligns, st.booleans(), st.booleans(), st.booleans()),
    st.builds(Pair, words, words),
    st.builds(Rule, st.sampled_from("-=*─")),
    st.builds(Blank, st.integers(0, 3)),
    st.builds(
        Columns,
        st.lists(
            st.builds(Cell, words, st.none() | st.integers(1, 20), aligns), min_size=1, max_size=4
        ).map(tuple),
    ),
)
documents = st.builds(Document, st.lists(elements, max_size=8).map(tuple))


@given(documents, st.sampled_from([32, 42, 48]))
def test_no_line_is_longer_than_the_paper(document, columns):
    assert all(line.cells <= columns for line in layout(document, columns))


@given(words.map(clean), st.integers(2, 48))
def test_wrapping_keeps_every_character_but_blanks(text, cells):
    lines = wrap(text, cells)

    assert all(cell_width(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_hanzi_never_straddles_the_edge():
    assert wrap("a农夫山泉", 4) == ["a农", "夫山", "泉"]


def test_words_break_at_blanks():
    assert wrap("Thank you for your visit", 12) == ["Thank you", "for your", "visit"]


def test_a_pair_puts_the_amount_at_the_edge():
    assert render_text(Document((Pair("合计", "4.00"),)), 16) == "合计        4.00\n"


def test_a_pair_whose_label_is_too_long_wraps_the_label_and_keeps_the_amount_whole():
    text = render_text(Document((Pair("农夫山泉饮用天然水", "1234.00"),)), 16)

    assert text == "农夫山泉饮用天然\n水       1234.00\n"


def test_a_label_that_fills_its_line_puts_the_amount_on_the_next():
    text = render_text(Document((Pair("农夫山泉饮用天", "1234.00"),)), 16)

    assert text == "农夫山泉饮用天\n         1234.00\n"


def test_columns_share_the_paper():
    row = Columns((Cell("品名"), Cell("数量", 6, "right"), Cell("金额", 8, "right")))

    assert render_text(Document((row,)), 32) == "品名                数量    金额\n"


def test_a_long_name_in_columns_wraps_and_the_amount_stands_on_its_last_line():
    row = Columns((Cell("农夫山泉饮用天然水"), Cell("4.00", 8, "right")))

    assert render_text(Document((row,)), 20) == "农夫山泉饮用\n天然水          4.00\n"


def test_an_amount_wider_than_its_column_takes_from_the_name_and_is_never_broken():
    row = Columns((Cell("水果"), Cell("123456789.00", 8, "right")))

    assert render_text(Document((row,)), 20) == "水果    123456789.00\n"


def test_double_width_takes_twice_the_cells():
    line = layout(Document((Text("柜台", align="center", double_width=True),)), 32)[0]

    assert (line.indent, line.cells, line.preview) == (12, 20, " " * 12 + "柜  台")


def test_a_queued_document_carries_no_drawer_pulse():
    document = Document((Text("a"), OpenDrawer(), Cut()))

    assert without_drawer(document) == Document((Text("a"), Cut()))


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_absurdly_narrow_paper_does_not_loop(columns):
    layout(Document((Text("农a夫"), Pair("农夫", "12.00"))), columns)
