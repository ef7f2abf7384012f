"""A shop that sells large goods: fridges that stay, kettles that are taken along."""

from __future__ import annotations

from pos.domain.goods.orders import ClassRule
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import ItemSet
from pos.services.context import Till
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter

FRIDGE, KETTLE = "FRIDGE", "KETTLE"


def stock_large(till: Till) -> None:
    """Give the shop its goods and the rule of class 0801: large."""
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        writer.add_local(Changes(class_rules=[ClassRule(item_class="0801", large=True)]))
    for code, name, price_e4, of_class in (
        (FRIDGE, "双开门冰箱", 29_990_000, "0801"),
        (KETTLE, "电水壶", 990_000, "0802"),
    ):
        body = ItemSet(
            item_code=code, name=name, unit_price_e4=price_e4, item_class=of_class, unit="台"
        )
        till.append(EntryKind.ITEM_SET, body)
    till.write(lambda _: None).result()
    till.overlays = None


def places(till: Till) -> dict[tuple[str, str], int]:
    """Thousandths by item and place, by the ledger; zeros left out."""
    till.write(lambda _: None).result()
    rows = till.journal.reader().execute(
        "SELECT item_code, place, sum(quantity_milli) FROM stock_movement GROUP BY 1, 2"
    )
    return {(row[0], row[1]): row[2] for row in rows if row[2]}
