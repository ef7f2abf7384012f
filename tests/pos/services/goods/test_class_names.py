"""Classes are named on the till's screens as head office names them, in the language of the screen."""

from __future__ import annotations

import pytest

from pos.bootstrap import build_till, close_till
from pos.i18n import set_language
from pos.services.goods.class_names import class_labels
from pos.store.reference_values import Changes, ItemClass
from pos.store.reference_writer import ReferenceWriter
from tests.pos.ui.shop import make_home


@pytest.fixture(autouse=True)
def english():
    yield
    set_language("en")


def test_a_class_has_its_name_beside_its_code(tmp_path):
    home = make_home(tmp_path / "home")
    known = ItemClass(item_class="0204", name="酒", name_en="Drinks")
    till = build_till(home)
    try:
        with ReferenceWriter.open(home, app_version="test") as writer:
            writer.add_local(Changes(classes=(known,)))
        set_language("zh_CN")
        assert class_labels(till)(known.item_class) == f"{known.item_class} {known.name}"
        set_language("en")
        assert class_labels(till)(known.item_class) == f"{known.item_class} {known.name_en}"
        assert class_labels(till)("no such class") == "no such class"
    finally:
        close_till(till)
