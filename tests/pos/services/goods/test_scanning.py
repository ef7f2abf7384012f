"""What a scan counts where goods come in: pieces, cases, logistic labels, dates, units (RCV-08)."""

from __future__ import annotations

import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.orders import ItemRule
from pos.services.goods.scanning import Scanned, read
from pos.store.reference_values import Changes
from tests.pos.services.goods import receiving_shop as goods

GS = "\x1d"


@pytest.fixture
def shop_with_goods(open_shop):
    goods.publish(open_shop.home)
    return open_shop


def test_a_plain_code_counts_one_piece(shop_with_goods):
    found = read(shop_with_goods, goods.fixed(goods.COLA_EAN), "]E0")
    assert isinstance(found, Scanned)
    assert (found.item.item_code, found.quantity_milli, found.case) == (goods.COLA, 1000, False)


def test_a_case_of_the_pack_table_counts_what_is_in_it(shop_with_goods):
    found = read(shop_with_goods, goods.fixed(goods.COLA_CASE), "]I1")
    assert (found.item.item_code, found.quantity_milli, found.case) == (goods.COLA, 24_000, True)


def test_a_case_that_the_pack_table_lacks_counts_by_the_items_own_case(shop_with_goods):
    case = goods.fixed("1" + goods.fixed(goods.MILK_EAN))
    found = read(shop_with_goods, case, "]I1")
    assert (found.item.item_code, found.quantity_milli, found.case) == (goods.MILK, 12_000, True)


def test_a_case_of_unknown_content_is_left_to_a_person(shop_with_goods):
    case = goods.fixed("2" + goods.fixed(goods.PHONE_EAN))
    found = read(shop_with_goods, case, "]I1")
    assert (found.item.item_code, found.quantity_milli, found.case) == (goods.PHONE, 0, True)


def test_a_logistic_label_counts_its_content(shop_with_goods):
    label = f"02{goods.gtin14(goods.fixed(goods.COLA_EAN))}3748{GS}10L42"
    found = read(shop_with_goods, label, "]C1")
    assert (found.item.item_code, found.quantity_milli, found.batch) == (goods.COLA, 48_000, "L42")


def test_a_logistic_label_of_cases_counts_the_pieces_in_them(shop_with_goods):
    found = read(shop_with_goods, f"02{goods.fixed(goods.COLA_CASE)}375", "]C1")
    assert (found.item.item_code, found.quantity_milli) == (goods.COLA, 120_000)


def test_a_matrix_code_tells_batch_dates_and_number(shop_with_goods):
    code = f"01{goods.gtin14(goods.fixed(goods.PILLS_EAN))}112606011728053110B7{GS}21SN9"
    found = read(shop_with_goods, code, "]d2")
    assert (found.batch, found.production_day, found.expiry) == ("B7", "2026-06-01", "2028-05-31")
    assert found.serial == "SN9"
    assert found.unit_code.endswith("21SN9")


def test_expiry_is_production_day_plus_shelf_life(shop_with_goods):
    """QLT-06."""
    code = f"01{goods.gtin14(goods.fixed(goods.MILK_EAN))}11261120"
    found = read(shop_with_goods, code, "]d2")
    assert (found.production_day, found.expiry) == ("2026-11-20", "2026-12-11")


def test_a_typed_item_code_is_an_item_and_a_scanned_one_is_asked_of_the_catalogue(
    shop_with_goods,
):
    assert read(shop_with_goods, "COLA", keyed=True).item.item_code == goods.COLA
    assert read(shop_with_goods, "NONE", keyed=True).code == "unknown_code"


@pytest.mark.parametrize(
    ("code", "symbology", "said"),
    [
        ("6901234567000", "]E0", "unknown_code"),
        ("0101-20261121-0042", None, "receipt_number"),
        ("$POS:PARK", None, "command_code"),
        ("00" + goods.fixed("369012345678901230"), "]C1", "pallet_number"),
    ],
)
def test_what_names_no_goods_says_why(shop_with_goods, code, symbology, said):
    found = read(shop_with_goods, code, symbology)
    assert isinstance(found, Refusal)
    assert found.code == said


def test_a_new_pack_table_counts_from_the_next_scan_on(shop_with_goods):
    rule = ItemRule(item_code=goods.PHONE, case_milli=10_000)
    goods.publish(shop_with_goods.home, Changes(item_rules=[rule]))
    case = goods.fixed("2" + goods.fixed(goods.PHONE_EAN))
    assert read(shop_with_goods, case, "]I1").quantity_milli == 10_000
