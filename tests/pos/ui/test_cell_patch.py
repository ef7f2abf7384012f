"""What is written for a scan turns the row that stands there into the row that shall stand there."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st

from pos.ui.cell_patch import patches
from pos.ui.text_grid import Line, fill, line_cells

WIDTH = 30
ROLES = ("text", "mark", "total")
TEXTS = st.text(alphabet="ab1.  ¥×▶█▀▄货品糖", max_size=9)
LINES = st.lists(st.tuples(TEXTS, st.sampled_from(ROLES)), max_size=5).map(
    lambda spans: fill(tuple(spans), WIDTH, "text")
)


def written(before: Line, after: Line) -> tuple[str, list[str]]:
    """The row of a terminal after the patches, and the role of each of its cells."""
    screen = pyte.Screen(WIDTH, 1)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[H" + "".join(text for text, _role in before))
    roles = [role for text, role in before for _ in range(line_cells(((text, role),)))]
    for _row, column, text, role in patches(0, before, after):
        stream.feed(f"\x1b[1;{column + 1}H{text}")
        size = line_cells(((text, role),))
        roles[column : column + size] = [role] * size
    return screen.display[0], roles


@given(LINES, LINES)
def test_patches_leave_the_row_that_was_wanted(before: Line, after: Line) -> None:
    assert line_cells(before) == line_cells(after) == WIDTH
    shown, roles = written(before, after)
    assert shown == written((), after)[0]
    assert roles == [role for text, role in after for _ in range(line_cells(((text, role),)))]


@given(LINES)
def test_an_equal_row_costs_nothing(line: Line) -> None:
    assert patches(0, line, line) == []


def test_words_go_whole_and_big_digits_by_the_cell() -> None:
    before: Line = (("6902000000001 ▀▀█ ▀▀█", "text"),)
    after: Line = (("6902000000018 ▀▀█ █▀█", "text"),)
    assert [(p.column, p.text) for p in patches(0, before, after)] == [
        (0, "6902000000018"),
        (18, "█"),
    ]


def test_rows_with_characters_that_have_no_cell_of_their_own_are_written_whole() -> None:
    before: Line = (("cafe  1", "text"),)
    after: Line = (("cafe\u0301 ", "text"), (" 2", "mark"))
    assert [(p.column, p.text, p.role) for p in patches(0, before, after)] == [
        (0, "cafe\u0301 ", "text"),
        (5, " 2", "mark"),
    ]
    assert patches(0, after, after) == []


def test_rows_of_other_widths_are_written_whole() -> None:
    assert [p.text for p in patches(3, (("ab", "text"),), (("货x", "text"),))] == ["货x"]
