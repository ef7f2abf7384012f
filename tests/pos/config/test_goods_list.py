"""Lists of suppliers, class rules and item rules: headings, cells, what is refused (REP-01, CAT-07)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.config import load_sample_shop
from pos.config.goods_list import goods_list_text, read_goods_list
from pos.config.item_rows import ListRefused
from pos.config.sample_goods import goods_lists, opening_stock, sample_orders
from pos.domain.goods.orders import ClassRule, ItemRule, Supplier


def read(tmp_path, text, dataset="", encoding="utf-8"):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    problems: list[object] = []
    return read_goods_list(path, problems.append, dataset=dataset), problems


def test_the_headings_say_which_list_it_is_in_both_languages(tmp_path):
    rows, problems = read(
        tmp_path,
        "供应商编码,供应商名称,送货日,提前期,超收允差\nS1,绿野,周一、周四,2,2.5%\n",
        encoding="gb18030",
    )

    assert rows.dataset == "suppliers"
    assert not problems
    assert rows.rows == (
        Supplier(
            supplier_id="S1", name="绿野", delivery_weekdays="14", lead_days=2, tolerance_bp=250
        ),
    )
    assert read(tmp_path, "item_class,日盘\n0601,是\n")[0].rows == (
        ClassRule(item_class="0601", counted_daily=True),
    )
    assert read(tmp_path, "货号,箱规,最低库存,最高库存,进价\n1,12,6,30.5,¥3.25\n")[0].rows == (
        ItemRule(
            item_code="1", case_milli=12_000, min_milli=6_000, max_milli=30_500, cost_e4=32_500
        ),
    )


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("item_code,min\n1,-2\n", "min"),
        ("item_code,min\n1,2.0005\n", "min"),
        ("item_code,min,max\n1,5,4\n", "max"),
        ("item_code,cost\n1,three\n", "cost"),
        ("item_code,abc\n1,D\n", "abc"),
        ("item_code,imported\n1,maybe\n", "imported"),
        ("item_code,imported,actual_origin\n1,1,\n", "actual_origin"),
        ("supplier_id,name,delivery_weekdays\n1,x,8\n", "delivery_weekdays"),
        ("supplier_id,name,state\n1,x,gone\n", "state"),
        ("supplier_id,name,tolerance_percent\n1,x,101\n", "tolerance_percent"),
        ("supplier_id,name,phone\n1,,2\n", "name"),
        ("item_class,temperature\n1,8~2\n", "temperature"),
        ("item_class,dates\n1,sometimes\n", "dates"),
    ],
)
def test_a_bad_cell_costs_its_row_and_is_named(tmp_path, text, column):
    rows, problems = read(tmp_path, text)

    assert rows.rows == ()
    assert [(one.row, one.column) for one in problems] == [(2, column)]


def test_a_code_given_twice_counts_once(tmp_path):
    rows, problems = read(tmp_path, "item_code,min\n1,2\n\n1,3\n2,4\n")

    assert [row.item_code for row in rows.rows] == ["1", "2"]
    assert problems[0].row == 4
    assert "row 2" in problems[0].got


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "item_code\n1\n", "name,price\nx,1\n"])
def test_another_file_is_refused(tmp_path, text):
    with pytest.raises(ListRefused):
        read(tmp_path, text)


_QUANTITY = st.integers(0, 10**9)
_WORD = st.text("abcdef0123456789山水", min_size=1, max_size=8)


@given(
    st.lists(
        st.builds(
            ItemRule,
            item_code=_WORD,
            supplier_id=st.text("abc123", max_size=6),
            case_milli=_QUANTITY,
            min_milli=_QUANTITY,
            max_milli=st.just(0) | st.integers(10**9, 10**10),
            cycle_days=st.integers(0, 99),
            safety_milli=_QUANTITY,
            abc=st.sampled_from(["", "A", "B", "C"]),
            cost_e4=st.none() | st.integers(0, 10**9),
            batch_tracked=st.booleans(),
            papers=st.lists(_WORD, max_size=3).map(tuple),
            shelf=st.text("abc123", max_size=6),
            facing_milli=_QUANTITY,
        ),
        unique_by=lambda rule: rule.item_code,
        max_size=5,
    ),
    st.lists(
        st.builds(
            ClassRule,
            item_class=st.text("0123456789", min_size=1, max_size=6),
            dates=st.sampled_from(["", "expiry", "production", "both"]),
            near_days=st.sets(st.integers(1, 400), min_size=1).map(
                lambda days: tuple(sorted(days, reverse=True))
            ),
            temperature_tenths=st.none() | st.tuples(st.integers(-300, 0), st.integers(1, 300)),
            in_scope=st.booleans(),
        ),
        unique_by=lambda rule: rule.item_class,
        max_size=5,
    ),
    st.lists(
        st.builds(
            Supplier,
            supplier_id=st.text("0123456789", min_size=1, max_size=6),
            name=_WORD,
            needs_seal=st.booleans(),
            lead_days=st.integers(0, 40),
            tolerance_bp=st.integers(0, 10_000),
            delivery_weekdays=st.sets(st.sampled_from("1234567")).map(
                lambda days: "".join(sorted(days))
            ),
        ),
        unique_by=lambda one: one.supplier_id,
        max_size=5,
    ),
)
def test_a_list_that_was_written_reads_back_as_it_was(tmp_path_factory, items, classes, suppliers):
    path = tmp_path_factory.mktemp("list") / "list.csv"
    for dataset, rows in (
        ("item_rules", items),
        ("class_rules", classes),
        ("suppliers", suppliers),
    ):
        path.write_text(goods_list_text(dataset, rows), encoding="utf-8")
        problems: list[object] = []
        assert list(read_goods_list(path, problems.append, dataset=dataset).rows) == rows
        assert problems == []


def test_the_sample_shops_lists_are_whole_and_agree_with_its_items():
    import csv

    shop = load_sample_shop()
    with shop.items_path.open(encoding="utf-8", newline="") as stream:
        items = {row["item_code"]: row for row in csv.DictReader(stream)}
    problems: list[object] = []
    lists = {
        one.dataset: one.rows
        for one in (read_goods_list(path, problems.append) for path in goods_lists())
    }
    today = dt.date(2026, 11, 22)
    opening = opening_stock(today)
    suppliers = {one.supplier_id for one in lists["suppliers"]}

    assert problems == []
    assert {rule.item_code for rule in lists["item_rules"]} == set(items)
    assert {rule.supplier_id for rule in lists["item_rules"]} <= suppliers
    assert {row["item_class"] for row in items.values()} >= {
        rule.item_class for rule in lists["class_rules"]
    }
    assert {line.item_code for line in opening} == set(items)
    assert all(
        not line.unit_codes or len(line.unit_codes) * 1000 == line.quantity_milli
        for line in opening
    )
    assert any(line.expiry and line.expiry < "2026-12-31" for line in opening)
    orders = sample_orders(today)
    assert {order.order_kind for order in orders} == {"purchase", "dispatch"}
    assert all(line.item_code in items for order in orders for line in order.lines)
