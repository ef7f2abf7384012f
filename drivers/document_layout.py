"""Placing a document on paper, cell for cell: the preview and the printed lines are the same.

:func:`layout` is the only place that places text. Widths are in cells: one for ASCII, two for a
hanzi.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from drivers.document import (
    Align,
    Barcode,
    Blank,
    Cell,
    Columns,
    Cut,
    Document,
    Element,
    OpenDrawer,
    Pair,
    Picture,
    QrCode,
    Rule,
    Special,
    StoredPicture,
    Text,
)
from drivers.escpos.encoder import cell_width, clean, gbk_width
from drivers.label import Label


class LaidLine(NamedTuple):
    """One line of the paper."""

    text: str
    """Sanitised text without leading indentation and without trailing blanks."""
    indent: int = 0
    """Cells of normal width left empty before the text."""
    bold: bool = False
    double_height: bool = False
    double_width: bool = False
    element: Special | None = None
    """Set for a line that is not text; ``text`` then holds its preview."""

    @property
    def cells(self) -> int:
        """Cells from the left edge to the end of the text."""
        return self.indent + cell_width(self.text) * (2 if self.double_width else 1)

    @property
    def preview(self) -> str:
        """The line as text, cell for cell; a double-width character is followed by blanks."""
        text = self.text
        if self.double_width:
            text = "".join(one + " " * cell_width(one) for one in text).rstrip()
        return " " * self.indent + text if text else ""


def wrap(text: str, cells: int) -> list[str]:
    """Break sanitised ``text`` into pieces of at most ``cells`` cells; at blanks where possible.

    A hanzi never straddles the edge. At least one character goes on each line, so a width of one
    cell drops what cannot fit rather than looping.
    """
    if cell_width(text) <= cells:
        return [text]
    lines: list[str] = []
    rest = text
    while rest:
        end = _fitting(rest, cells)
        if end == len(rest):
            lines.append(rest)
            break
        if end == 0:
            rest = rest[1:]
            continue
        blank = rest.rfind(" ", 0, end + 1)
        if blank > 0 and rest[:blank].strip() and rest[end - 1].isascii() and rest[end].isascii():
            lines.append(rest[:blank].rstrip())
            rest = rest[blank:].lstrip()
        else:
            lines.append(rest[:end].rstrip())
            rest = rest[end:].lstrip()
    return lines or [""]


def _fitting(text: str, cells: int) -> int:
    """How many leading characters of ``text`` fit into ``cells``."""
    used = 0
    for index, character in enumerate(text):
        used += 1 if character.isascii() else cell_width(character)
        if used > cells:
            return index
    return len(text)


def pad(text: str, cells: int, align: Align = "left") -> str:
    """Pad sanitised ``text`` to ``cells``; a longer text comes back as it is."""
    missing = max(0, cells - cell_width(text))
    if align == "left":
        return text + " " * missing
    if align == "right":
        return " " * missing + text
    return " " * (missing // 2) + text + " " * (missing - missing // 2)


Tidy = Callable[[str], str]
"""What makes a text fit for the paper: :func:`drivers.escpos.encoder.clean`."""
_tidy_rare: Final[Tidy] = partial(clean, rare=True)


def layout(document: Document, columns: int, *, rare: bool = False) -> list[LaidLine]:
    """Place ``document`` (one copy) on paper of ``columns`` cells; no line is ever longer.

    With ``rare`` characters outside GBK that a font can draw stay in the text, two cells wide.
    """
    tidy: Tidy = _tidy_rare if rare else clean
    lines: list[LaidLine] = []
    for element in document.elements:
        lay = _lay_pair if type(element) is Pair else _lay  # half of a receipt is pairs
        lines += lay(element, columns, tidy)  # type: ignore[arg-type]  # chosen by its type
    return lines


def label_elements(label: Label) -> list[Element]:
    """``label`` for a receipt printer: its rows one below the other, then a cut."""
    rows: dict[int, list[Element | str]] = {}
    tall: set[int] = set()
    for field in sorted(label.fields, key=lambda one: (one.y_dmm, one.x_dmm)):
        row = rows.setdefault(field.y_dmm, [])
        row.append(Barcode(field.text, field.symbology) if field.symbology else field.text)
        if field.size > 1:
            tall.add(field.y_dmm)
    elements: list[Element] = []
    for place, row in rows.items():
        texts = [one for one in row if isinstance(one, str)]
        if len(texts) > 1:
            elements.append(Pair(" ".join(texts[:-1]), texts[-1], double_height=place in tall))
        elif texts:
            elements.append(Text(texts[0], bold=place in tall, double_height=place in tall))
        elements += [one for one in row if not isinstance(one, str)]
    return [*elements, Cut()] * max(1, min(999, label.copies))


def _lay(element: Element, columns: int, tidy: Tidy) -> list[LaidLine]:
    if isinstance(element, Pair):
        return _lay_pair(element, columns, tidy)
    if isinstance(element, Text):
        return _lay_text(element, columns, tidy)
    if isinstance(element, Columns):
        return _lay_columns(element, columns, tidy)
    if isinstance(element, Rule):
        char = tidy(element.char)[:1] or "-"
        return [LaidLine(char * (columns // cell_width(char)))]
    if isinstance(element, Blank):
        return [LaidLine("")] * element.lines
    if isinstance(element, Label):
        return [line for one in label_elements(element) for line in _lay(one, columns, tidy)]
    return [_lay_special(element, columns, tidy)]


def _lay_text(element: Text, columns: int, tidy: Tidy) -> list[LaidLine]:
    factor = 2 if element.double_width else 1
    if factor == 1 and element.align == "left":
        text = element.text.rstrip()
        if text[:1] > " " and 0 < gbk_width(text) <= columns:
            return [LaidLine(text, 0, element.bold, element.double_height)]
    lines = []
    for piece in wrap(tidy(element.text).rstrip(), max(1, columns // factor)):
        free = columns - cell_width(piece) * factor
        indent = {"left": 0, "center": free // 2, "right": free}[element.align]
        lines.append(
            _line(
                piece,
                indent=indent,
                bold=element.bold,
                double_height=element.double_height,
                double_width=element.double_width,
            )
        )
    return lines


def _line(
    text: str,
    *,
    indent: int = 0,
    bold: bool = False,
    double_height: bool = False,
    double_width: bool = False,
) -> LaidLine:
    """Make a line whose leading blanks are counted as indentation."""
    body = text.rstrip()
    if body[:1] != " ":
        return LaidLine(body, indent if body else 0, bold, double_height, double_width)
    stripped = body.lstrip(" ")
    blanks = (len(body) - len(stripped)) * (2 if double_width else 1)
    return LaidLine(
        stripped, indent + blanks if stripped else 0, bold, double_height, double_width
    )


def _lay_pair(element: Pair, columns: int, tidy: Tidy) -> list[LaidLine]:
    right, left = element.right.strip(), element.left.rstrip()
    # Nearly every line of a receipt: an amount in ASCII, a name that fits before it.
    if right and right.isascii() and right.isprintable() and left[:1] > " ":
        used = gbk_width(left)
        gap = columns - len(right) - used
        if used and gap > 0:
            return [LaidLine(left + " " * gap + right, 0, element.bold, element.double_height)]
    right, left = tidy(right).strip(), tidy(left).rstrip()
    room = columns - cell_width(right)
    style = {"bold": element.bold, "double_height": element.double_height}
    if room < 1:
        pieces = [*wrap(left, columns), *wrap(right, columns)]
        return [_line(piece, **style) for piece in pieces if piece]
    if cell_width(left) < room or not left:
        return [_line(left + " " * (room - cell_width(left)) + right, **style)]
    pieces = wrap(left, columns)
    last = pieces[-1]
    if cell_width(last) < room:
        pieces[-1] = last + " " * (room - cell_width(last)) + right
    else:
        pieces.append(" " * room + right)
    return [_line(piece, **style) for piece in pieces]


def _lay_columns(element: Columns, columns: int, tidy: Tidy) -> list[LaidLine]:
    texts = [
        tidy(cell.text).rstrip() if cell.align == "left" else tidy(cell.text).strip()
        for cell in element.cells
    ]
    widths = _make_room(element.cells, texts, _widths(element.cells, columns))
    stacks = [
        wrap(text, width) if width else [""] for text, width in zip(texts, widths, strict=True)
    ]
    rows = max((len(stack) for stack in stacks), default=0)
    lines = []
    for row in range(rows):
        parts = []
        for cell, width, stack in zip(element.cells, widths, stacks, strict=True):
            # An amount stands on the row's last line, where the reader's eye ends.
            place = row - rows + len(stack) if cell.align == "right" else row
            parts.append(pad(stack[place] if 0 <= place < len(stack) else "", width, cell.align))
        text = "".join(parts)
        lines.append(_line(text, bold=element.bold, double_height=element.double_height))
    return lines


def _widths(cells: tuple[Cell, ...], columns: int) -> list[int]:
    """Share ``columns`` out; fixed widths first, and never more than there is."""
    fixed = sum(cell.width for cell in cells if cell.width is not None)
    free = max(0, columns - fixed)
    open_cells = sum(1 for cell in cells if cell.width is None)
    widths: list[int] = []
    left = columns
    seen = 0
    for cell in cells:
        if cell.width is None:
            share = free * (seen + 1) // open_cells - free * seen // open_cells
            seen += 1
        else:
            share = cell.width
        share = min(share, left)
        left -= share
        widths.append(share)
    return widths


_NAME_CELLS_MIN: Final = 6


def _make_room(cells: tuple[Cell, ...], texts: list[str], widths: list[int]) -> list[int]:
    """Widen right-aligned cells whose amount does not fit, at the cost of the others.

    An amount broken over two lines could be read as another one. First goes what the others do
    not use, then the width of left-aligned texts, which can be wrapped.
    """
    needs = [cell_width(text) for text in texts]
    for place, cell in enumerate(cells):
        missing = needs[place] + (1 if place else 0) - widths[place]
        if cell.align != "right" or missing <= 0:
            continue
        for keep_text in (True, False):
            for donor, other in enumerate(cells):
                if donor == place or (not keep_text and other.align != "left"):
                    continue
                least = needs[donor] if keep_text else _NAME_CELLS_MIN
                given = max(0, min(missing, widths[donor] - least))
                widths[donor] -= given
                widths[place] += given
                missing -= given
            if widths[place] >= needs[place]:
                break  # the blank before it is worth no wrapping
    return widths


def _lay_special(element: Special, columns: int, tidy: Tidy) -> LaidLine:
    if isinstance(element, Barcode):
        label = f"[{element.symbology} {tidy(element.data)}]"
    elif isinstance(element, QrCode):
        label = f"[QR {tidy(element.data)}]"
    elif isinstance(element, Picture):
        label = PICTURE_MARK
    elif isinstance(element, StoredPicture):
        label = f"[logo {element.number}]"
    elif isinstance(element, Cut):
        return LaidLine(CUT_MARK, element=element)
    else:
        return LaidLine("", element=element)
    label = label[: _fitting(label, columns)]
    return LaidLine(label, indent=(columns - cell_width(label)) // 2, element=element)


CUT_MARK: Final = "[cut]"
"""How a cut shows in a preview."""
PICTURE_MARK: Final = "[image]"
"""How a picture shows in a preview."""


def render_text(document: Document, columns: int, *, rare: bool = False) -> str:
    """Give ``document`` as plain text of ``columns`` cells, equal to the paper cell for cell."""
    lines = [
        line.preview
        for line in layout(document, columns, rare=rare)
        if not isinstance(line.element, OpenDrawer)
    ]
    return "".join(line + "\n" for line in lines)
