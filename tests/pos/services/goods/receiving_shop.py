"""Goods to receive: items with classes, cases, rules, suppliers and orders in a real reference.db."""

from __future__ import annotations

from pos.domain.goods.orders import ClassRule, ItemRule, Order, OrderLine, Supplier
from pos.domain.item import ItemBarcode, Price
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from sync.feed_rows import FeedItem

COLA, MILK, PILLS, PHONE, WINE, TOFU = "COLA", "MILK", "PILLS", "PHONE", "WINE", "TOFU"
COLA_EAN, COLA_CASE = "6954767410173", "16954767410170"
MILK_EAN, PILLS_EAN = "6907992100012", "6901070300011"
PHONE_EAN, WINE_EAN, TOFU_EAN = "6941234500014", "3211234500015", "6912345600011"
SUPPLIER, STRICT, DROPPED = "S1", "S2", "S3"


def gtin14(code: str) -> str:
    return code.rjust(14, "0")


def fixed(body: str) -> str:
    """A code with its right check digit."""
    from pos.domain.barcode import check_digit

    return f"{body[:-1]}{check_digit(body[:-1])}"


def items() -> list[tuple[str, str, str, str, int | None]]:
    return [
        (COLA, "可乐 330ml", "drinks", fixed(COLA_EAN), 30_000),
        (MILK, "鲜牛奶 950ml", "dairy", fixed(MILK_EAN), 158_000),
        (PILLS, "阿莫西林胶囊", "medicine", fixed(PILLS_EAN), 125_000),
        (PHONE, "手机", "phones", fixed(PHONE_EAN), 19_990_000),
        (WINE, "进口红酒", "imported", fixed(WINE_EAN), 880_000),
        (TOFU, "豆腐", "fresh", fixed(TOFU_EAN), None),
    ]


def changes() -> Changes:
    return Changes(
        items=[
            FeedItem(item_code=code, name=name, item_class=of_class, unit="件")
            for code, name, of_class, _ean, _price in items()
        ],
        barcodes=[
            *(
                ItemBarcode(code=gtin14(ean), item_code=code)
                for code, _name, _class, ean, _price in items()
            ),
            ItemBarcode(code=fixed(COLA_CASE), item_code=COLA, quantity_milli=24_000),
        ],
        prices=[
            Price(item_code=code, effective_day="2026-01-01", unit_price_e4=price)
            for code, _name, _class, _ean, price in items()
            if price is not None
        ],
        class_rules=[
            ClassRule(
                item_class="dairy",
                dates="production",
                shelf_life_days=21,
                min_remaining_days=10,
                temperature_tenths=(0, 80),
            ),
            ClassRule(item_class="medicine", trade="medicine", batch_tracked=True, dates="both"),
            ClassRule(item_class="phones", serial_tracked=True, checklist=("test_report",)),
            ClassRule(item_class="imported", papers=("customs", "origin"), large=False),
            ClassRule(item_class="tobacco", in_scope=False),
        ],
        item_rules=[
            ItemRule(item_code=MILK, case_milli=12_000, supplier_id=SUPPLIER, cost_e4=100_000),
            ItemRule(item_code=WINE, imported=True, papers=("customs",)),
        ],
        suppliers=[
            Supplier(supplier_id=SUPPLIER, name="新希望乳业", needs_seal=False, tolerance_bp=500),
            Supplier(supplier_id=STRICT, name="康源医药", needs_seal=True),
            Supplier(supplier_id=DROPPED, name="旧日食品", state="dropped"),
        ],
        orders=[
            order("PO1", OrderLine(line_no=1, item_code=COLA, quantity_milli=48_000),
                  OrderLine(line_no=2, item_code=MILK, quantity_milli=20_000, unit_cost_e4=99_000)),
            order("DS1", OrderLine(line_no=1, item_code=COLA, quantity_milli=24_000),
                  OrderLine(line_no=2, item_code=PILLS, quantity_milli=10_000, batch="B7",
                            production_day="2026-06-01", expiry="2028-05-31"),
                  kind="dispatch"),
        ],
    )  # fmt: skip


def order(order_id: str, *lines: OrderLine, kind: str = "purchase", **more: str) -> Order:
    return Order(
        order_id=order_id,
        order_kind=kind,
        order_no=f"NO-{order_id}",
        counterparty_id=SUPPLIER if kind == "purchase" else "HQ",
        counterparty_name="新希望乳业" if kind == "purchase" else "总部货品部",
        sent_day="2026-11-20",
        due_day="2026-11-21",
        lines=lines,
        **more,
    )


def publish(home, rows: Changes | None = None) -> None:
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.add_local(rows or changes())
