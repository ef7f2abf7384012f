"""The page before a signature: the four numbers of every line, the claim, the statement (RCV-06)."""

from __future__ import annotations

from pos.domain.goods.documents import GoodsLine
from pos.domain.goods.receiving_words import DIFFERENCES, POINTS
from pos.i18n import gettext as _
from pos.services.goods import draft_offers, receiving_posting
from pos.services.goods.receiving import Receiving
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice
from pos.ui.screens.goods_check import CheckScreen
from pos.ui.text_grid import cells, clean, cut, pad
from pos.ui.texts import quantity_text

_NAME = 26


def check_page(one: Receiving, slot: int, *, gaps: bool) -> CheckScreen:
    """The page with what can be done: sign, count again, the note, leave, another till."""
    words = _("Inspect: I sign first") if slot == 1 else _("Check: I sign second")
    choices = [Choice(1, words, "sign")]
    if gaps:
        choices = []
    choices.append(Choice(2, _("Count again or change a line"), "count"))
    choices.append(Choice(3, _("Delivery note: number, deliverer, seal"), "note"))
    folder = one.till.settings.receiving.exchange_folder
    if slot == 2 and (folder or draft_offers.is_possible(one.till)):
        choices.append(Choice(4, _("Somebody at another till signs second"), "hand_over"))
    choices.append(Choice(5, _("Leave, the draft stays"), "leave"))
    return CheckScreen(_("Check the receipt"), check_lines(one), choices)


def check_lines(one: Receiving) -> list[str]:
    """Everything that is signed for, line by line."""
    document = one.document
    seal = _("sealed") if document.sealed else _("no seal")
    rows = [
        clean(
            f"{document.counterparty_name} · {document.reference_no} · "
            f"{document.deliverer_name} → {document.receiver_name} · {seal}"
        )
    ]
    rows += [
        _("Inspected by {name}").format(name=clean(signature.name))
        for signature in document.signatures
    ]
    expected = not one.blind and any(line.expected_milli is not None for line in one.lines)
    heads = [_("Expected")] if expected else []
    heads += [_("Delivered"), _("Counted"), _("Accepted"), _("Rejected")]
    rows += ["", _named("", heads)]
    for line in one.lines:
        rows += _figures(line, goods_name(one.till, line), expected=expected)
    claims = receiving_posting.claims_of(one) if not one.blind else ()
    if claims:
        rows += ["", _("On the claim for the driver:")]
        rows += [_claim(line, goods_name(one.till, line)) for line in claims]
    if document.statement:
        points = (
            _(POINTS[point]) if point in POINTS else point for point in document.statement.split()
        )
        rows += ["", _("By signing you say, of every line but those marked:")]
        rows.append("  " + _(", ").join(points))
    return rows


def _figures(line: GoodsLine, name: str, *, expected: bool) -> list[str]:
    figures = [quantity_text(line.expected_milli or 0)] if expected else []
    figures += [
        quantity_text(one)
        for one in (
            line.delivered_milli,
            line.received_milli,
            line.quantity_milli,
            line.rejected_milli,
        )
    ]
    name = f"{line.line_no} {name}"
    unopened = _("box not opened") if line.received_milli and not line.opened else ""
    marks = clean(" ".join(part for part in (line.batch, line.expiry, unopened) if part))
    if cells(f"{name} {marks}".rstrip()) <= _NAME:
        return [_named(f"{name} {marks}".rstrip(), figures)]
    # Goods, batch and date are signed for: they are read whole, on rows of their own if need be.
    if cells(name) <= _NAME:
        return [_named(name, figures), f"    {marks}"]
    if cells(marks) + 4 <= _NAME:
        return [name, _named(f"    {marks}".rstrip(), figures)]
    return [name, f"    {marks}", _named("", figures)]


def _named(name: str, figures: list[str]) -> str:
    shown = cut(name, _NAME)
    columns = "".join(pad(one, 10 - cells(one), "right") for one in figures)
    return pad(shown, _NAME - cells(shown)) + columns


def _claim(line: GoodsLine, name: str) -> str:
    why = _(DIFFERENCES[line.reason]) if line.reason in DIFFERENCES else line.reason
    points = " ".join(_(POINTS[p]) if p in POINTS else p for p in line.failed_checks)
    if line.description and line.item_code == line.barcode:
        # Goods that no list knows are told by their code.
        name = f"{name} {line.item_code}"
    words = _("{quantity} {item}: {why}").format(
        quantity=quantity_text(line.quantity_milli),
        item=name,
        why=" ".join(part for part in (why, points, line.note) if part),
    )
    return clean(f"  {words}")
