"""Price cards carry the six marks, leave the list when printed, and come back with a new price."""

from __future__ import annotations

import sqlite3
import time

import pytest

from drivers.document_layout import render_text
from drivers.fakes import PtyPrinter
from drivers.label import Label
from drivers.labels.fakes import PtyLabelPrinter, labels_of
from pos.domain.cart import Refusal
from pos.domain.item import Item
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import ItemSet, PriceCorrected
from pos.printers import connect_printers
from pos.receipt.price_card import MARK_WORDS, barcode_for, missing_marks, price_card
from pos.receipt.words import Words
from pos.services import catalogue, checkout, labels, printing
from pos.store.item_import import run_import
from pos.store.price_cards import LABELS_DB, hanging_cards
from pos.store.reference_writer import ReferenceWriter
from tests.pos.services.shop import act_as, begin_day, open_till, staff

WATER = Item(
    item_code="W550",
    name="农夫山泉饮用天然水",
    spec="550ml",
    origin="浙江杭州",
    grade="合格品",
    unit="瓶",
    unit_price_e4=20_000,
)


def wait(what, timeout_s=8.0):
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def texts(label: Label) -> list[str]:
    return [one.text for one in label.fields]


def said_as(mark: str) -> str:
    return Words("zh")(MARK_WORDS[mark])


@pytest.mark.parametrize("size", [(60, 40), (40, 30), (80, 50), (30, 20)])
def test_a_price_card_says_the_six_marks(size):
    width, height = size
    card = price_card(WATER, "06901234567892", kind="card", width_mm=width, height_mm=height)

    said = " ".join(texts(card))
    for word in (
        "农夫山泉饮用天然水", f"{said_as('origin')}:浙江杭州", f"{said_as('spec')}:550ml",
        f"{said_as('grade')}:合格品", f"{said_as('unit')}:瓶", "¥2.00/瓶",
    ):  # fmt: skip
        assert word in said
    if size == (60, 40):
        assert card.fields[-1].symbology == "EAN13"
        assert card.fields[-1].text == "6901234567892"
    for one in card.fields:
        if size != (30, 20):
            assert one.y_dmm + (one.height_dmm if one.symbology else 30 * one.size) <= height * 10


def test_a_mark_that_is_missing_is_named():
    bare = Item(item_code="A", name="散称红枣", unit_price_e4=1)

    assert missing_marks(bare, ("name", "origin", "spec", "grade", "unit", "price")) == (
        "origin", "spec", "grade", "unit",
    )  # fmt: skip
    assert missing_marks(bare, ("name", "price")) == ()


@pytest.mark.parametrize(
    ("code", "bars"),
    [
        ("06901234567892", ("6901234567892", "EAN13")),
        ("00000096385074", ("96385074", "EAN8")),
        ("6901234567890", ("6901234567890", "CODE128")),
        ("", ("W550", "CODE128")),
        ("A-12", ("A-12", "CODE128")),
    ],
)
def test_the_bars_are_the_items_own_code_or_its_item_code(code, bars):
    assert barcode_for(WATER, code) == bars


def test_goods_without_a_code_are_found_by_the_code_that_was_printed_for_them(open_shop):
    item = catalogue.find_item(open_shop, "ODD")
    document = labels.label_document(open_shop, [item], "barcode")
    (label,) = document.elements
    bars = next(one for one in label.fields if one.symbology)

    added = checkout.scan(open_shop, bars.text)

    assert isinstance(added, checkout.LineAdded)
    assert open_shop.sale.cart.lines[0].item_code == "ODD"


def test_a_card_that_lacks_a_mark_is_not_printed(open_shop):
    item = catalogue.find_item(open_shop, "W550")

    answer = labels.print_labels(open_shop, [item])

    assert isinstance(answer, labels.CardIncomplete)
    assert answer.missing == {item.name: ("origin", "spec", "grade", "unit")}
    assert printing.queue(open_shop) == []
    assert labels.print_labels(open_shop, []).code == "no_labels"
    assert isinstance(labels.print_labels(open_shop, [item], "shelf"), labels.CardsQueued)
    nothing = Item(item_code="X", name="x")
    assert isinstance(labels.print_labels(open_shop, [nothing], "shelf"), Refusal)


@pytest.fixture
def priced(tmp_path):
    """A shop whose water became dearer today and whose wine becomes dearer tomorrow."""
    lists = tmp_path / "lists"
    lists.mkdir()
    head = "item_code,name,price,barcode,spec,unit,origin,grade\n"
    rows = {
        "2026-11-01": "W1,矿泉水,2.00,6901234567892,550ml,瓶,浙江,合格品\nV1,红酒,68.00,,750ml,瓶,法国,一级\n",
        "2026-11-21": "W1,矿泉水,2.50,6901234567892,550ml,瓶,浙江,合格品\n",
        "2026-11-22": "V1,红酒,78.00,,750ml,瓶,法国,一级\n",
    }
    home = tmp_path / "home"
    home.mkdir()
    for day, text in rows.items():
        (lists / f"{day}.csv").write_text(head + text, encoding="utf-8")
        with ReferenceWriter.open(home, app_version="test") as writer:
            run_import(writer, lists / f"{day}.csv", effective_day=day)
    with PtyPrinter(columns=32) as own, PtyLabelPrinter() as label_printer:
        (home / "guitai.toml").write_text(
            f'[[printer]]\nurl = "{own.url}"\nprofile = "generic-58"\n'
            f'[[printer]]\nname = "labels"\nrole = "label"\nurl = "{label_printer.url}"\n'
            'profile = "tspl-203"\n',
            encoding="utf-8",
        )
        till = open_till(home)
        staff(till)
        act_as(till, "8001")
        begin_day(till)
        gate, watch = connect_printers(till)
        yield till, label_printer
        watch.stop()
        gate.close()
        till.journal.close()


def due(till, **how):
    till.write(lambda _: None).result()
    return [
        (d.item.item_code, d.shown_e4, d.item.unit_price_e4) for d in labels.due_cards(till, **how)
    ]


def test_a_price_change_puts_the_card_on_the_list_until_it_is_printed(priced):
    till, printer = priced
    assert due(till) == [("W1", 20_000, 25_000)]
    assert due(till, ahead_days=1) == [("W1", 20_000, 25_000), ("V1", 680_000, 780_000)]
    printer.run_out_of_paper()

    queued = labels.print_labels(till, [d.item for d in labels.due_cards(till)])

    assert isinstance(queued, labels.CardsQueued)
    wait(lambda: [job.state for job in printing.queue(till)] == ["NOT_SENT"])
    assert due(till) == [("W1", 20_000, 25_000)]  # not printed: not ticked
    printer.load_paper()
    wait(lambda: due(till) == [])
    (label,) = labels_of(printer)
    assert f"{said_as('origin')}:浙江" in label.text
    assert "[EAN13 6901234567892]" in label.text
    assert hanging_cards(till.home)["W1"].unit_price_e4 == 25_000


def test_a_card_changed_by_hand_is_ticked_by_a_person(priced):
    till, _ = priced

    assert labels.tick(till, [d.item for d in labels.due_cards(till)]) == 1

    assert due(till) == []
    assert hanging_cards(till.home)["W1"].by_hand


def test_a_price_corrected_at_the_till_puts_its_card_on_the_list(priced):
    till, _ = priced
    labels.tick(till, [d.item for d in labels.due_cards(till)])
    till.append(
        EntryKind.PRICE_CORRECTED,
        PriceCorrected(item_code="W1", old_unit_price_e4=25_000, new_unit_price_e4=23_000),
    ).result()
    till.overlays = None

    assert due(till) == [("W1", 25_000, 23_000)]


def test_an_item_of_this_till_whose_price_changes_comes_back_once_its_card_hung(open_shop):
    item = catalogue.find_item(open_shop, "W550")
    assert labels.due_cards(open_shop) == []
    labels.tick(open_shop, [item])
    open_shop.append(
        EntryKind.ITEM_SET, ItemSet(item_code="W550", name=item.name, unit_price_e4=21_000)
    ).result()
    open_shop.overlays = None

    assert due(open_shop) == [("W550", 20_000, 21_000)]


def test_a_spoilt_note_of_cards_only_makes_the_list_longer(priced):
    till, _ = priced
    labels.tick(till, [d.item for d in labels.due_cards(till)])
    (till.home / LABELS_DB).write_bytes(b"spoilt")

    assert due(till) == [("W1", 20_000, 25_000)]
    with pytest.raises(sqlite3.Error):
        labels.tick(till, [WATER])


def test_cards_come_out_on_paper_where_there_is_no_label_printer(open_shop):
    document = labels.label_document(open_shop, [WATER])

    name, origin, grade, price, bars, cut = render_text(document, 40).splitlines()
    assert name == "农夫山泉饮用天然水"
    assert origin.startswith(f"{said_as('origin')}:浙江杭州")
    assert origin.endswith(f"{said_as('spec')}:550ml")
    assert grade.split() == [f"{said_as('grade')}:合格品", *f"{said_as('unit')}:瓶".split()]
    assert (price, bars.strip(), cut) == ("￥2.00/瓶", "[EAN13 6901234567892]", "[cut]")
