"""The sample shop: everything in it could be scanned, weighed, priced, printed and found."""

import csv
from decimal import Decimal

import pytest

from pos.config import config_dir, load_roles, load_sample_shop, load_settings, set_value
from pos.config.mnemonic import mnemonic

COLUMNS = (
    "item_code,name,name_en,spec,model,unit,item_class,tax_code,price,weighed,"
    "barcodes,packs,mnemonic,origin,grade"
)


@pytest.fixture(scope="module")
def shop():
    return load_sample_shop()


@pytest.fixture(scope="module")
def defaults(tmp_path_factory):
    return load_settings(tmp_path_factory.mktemp("none"))


@pytest.fixture(scope="module")
def items(shop):
    with shop.items_path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def classes(shop):
    with shop.classes_path.open(encoding="utf-8", newline="") as stream:
        return {row["class_code"]: row for row in csv.DictReader(stream)}


def check_digit_is_right(code):
    """GS1's check digit, worked out here without the product's code."""
    weights = [3 if position % 2 else 1 for position in range(len(code))]
    return (
        sum(int(digit) * weight for digit, weight in zip(reversed(code), weights, strict=True))
        % 10
        == 0
    )


def codes_of(item, column):
    return [code for code in item[column].split(";") if code]


def test_the_heading_is_the_one_that_shop_toml_describes(shop, items):
    described = (config_dir() / "sample_shop" / "shop.toml").read_text(encoding="utf-8")

    assert ",".join(items[0]) == COLUMNS
    for column in COLUMNS.split(","):
        assert f"#   {column} " in described


def test_there_are_enough_goods_of_every_kind(items):
    weighed = [item for item in items if item["weighed"] == "1"]
    codes = [code for item in items for code in codes_of(item, "barcodes")]

    assert len(items) >= 320
    assert len(weighed) >= 30
    assert sum(len(code) == 13 for code in codes) >= 250
    assert sum(len(code) == 8 for code in codes) >= 10
    assert sum(len(codes_of(item, "barcodes")) == 2 for item in items) >= 10
    assert sum(bool(item["packs"]) for item in items) >= 50
    assert sum(bool(item["model"]) for item in items) >= 5


def test_every_code_is_valid_and_belongs_to_one_item(items):
    codes = [code for item in items for code in codes_of(item, "barcodes")]
    packs = [pack.split(":") for item in items for pack in codes_of(item, "packs")]

    assert all(len(code) in {8, 13} and 690 <= int(code[:3]) <= 699 for code in codes)
    assert all(len(code) == 14 and code[0] == "1" for code, _ in packs)
    every = codes + [code for code, _ in packs] + [item["item_code"] for item in items]
    assert all(check_digit_is_right(code) for code in codes + [code for code, _ in packs])
    assert len(every) == len(set(every))
    assert all(int(quantity) > 1 for _, quantity in packs)


def test_the_check_of_check_digits_sees_a_wrong_one():
    assert check_digit_is_right("6901234567892")
    assert not check_digit_is_right("6901234567893")


def test_weighed_goods_have_the_short_code_that_labels_carry(items, defaults):
    for item in items:
        if item["weighed"] == "1":
            assert item["unit"] == "kg"
            assert item["item_code"].isdecimal()
            assert len(item["item_code"]) == defaults.barcode.item_code_length
            assert item["barcodes"] == item["packs"] == ""
        else:
            assert item["weighed"] == "0"
            assert item["unit"] != "kg"


def test_prices_are_plain_money_and_taxes_are_known(items, classes, defaults):
    for item in items:
        price = Decimal(item["price"])
        assert Decimal("0.10") <= price <= 2000
        assert price.as_tuple().exponent == -2
        assert item["tax_code"] in defaults.prices.tax_rates_bp
        assert item["item_class"] in classes
    assert all(row["tax_code"] in defaults.prices.tax_rates_bp for row in classes.values())


def test_classes_form_a_tree_and_departments_stand_in_it(classes, defaults):
    assert all(row["parent"] == "" or row["parent"] in classes for row in classes.values())
    assert all(row["name"] and row["name_en"] for row in classes.values())
    assert all(department.item_class in classes for department in defaults.department)


def test_every_price_card_would_have_its_six_marks(items):
    """CAT-05: 品名/产地/规格/等级/计价单位/零售价."""
    for item in items:
        assert all(item[mark] for mark in ("name", "origin", "spec", "grade", "unit", "price"))
        assert item["name_en"]


def test_the_printer_can_print_every_name(items, classes):
    for row in [*items, *classes.values()]:
        for text in row.values():
            assert text.isprintable()
            text.encode("gbk")


def test_goods_differ_by_more_than_their_code(items):
    seen = [(item["name"], item["spec"], item["unit"]) for item in items]

    assert len(seen) == len(set(seen))


def test_mnemonics_are_those_of_the_names(items):
    assert [item["name"] for item in items if item["mnemonic"] != mnemonic(item["name"])] == []
    by_name = {item["name"]: item["mnemonic"] for item in items}
    assert by_name["曾记手撕豆干"] == "zjssdg"
    assert by_name["长江渡啤酒"] == "cjdpj"
    assert by_name["渝巷重庆小面"] == "yxcqxm"


def test_quick_keys_name_goods_that_have_no_code_to_scan(shop, items):
    by_code = {item["item_code"]: item for item in items}

    assert [key.number for key in shop.quick_keys] == list(range(1, len(shop.quick_keys) + 1))
    for key in shop.quick_keys:
        assert by_code[key.item_code]["barcodes"] == ""
        assert key.label
        assert key.label_en
    labels = {key.label_en for key in shop.quick_keys}
    assert {"Small bag", "Egg"} <= labels


def test_there_is_somebody_for_every_role_with_a_pin_long_enough(shop, defaults):
    roles = load_roles()

    assert {operator.role for operator in shop.operators} == set(roles)
    for operator in shop.operators:
        security = defaults.security
        manager = roles[operator.role].manager
        shortest = security.pin_length_min_manager if manager else security.pin_length_min
        assert operator.pin.isdecimal()
        assert shortest <= len(operator.pin) <= security.pin_length_max
    for field in ("operator_id", "name", "pin"):
        values = [getattr(operator, field) for operator in shop.operators]
        assert len(values) == len(set(values))
    assert {operator.language for operator in shop.operators} == {"zh_CN", "en"}


def test_a_real_shop_refuses_the_demo_people_but_not_their_namesakes(shop):
    first = shop.operators[0]

    assert shop.is_demo(pin=first.pin)
    assert shop.is_demo(operator_id=first.operator_id, name=first.name, pin="4826")
    assert not shop.is_demo(operator_id="5005", name=first.name, pin="4826")
    assert not shop.is_demo(operator_id=first.operator_id, name="何静", pin="4826")


def test_the_shops_settings_can_be_written_into_a_home(shop, tmp_path):
    for key, value in shop.settings.items():
        set_value(tmp_path, key, value)

    written = load_settings(tmp_path)
    assert written.store.name == "人民路便民超市"
    assert written.store.store_id == "0101"
