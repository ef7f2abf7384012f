"""`pos goods import` and `export` on a real home: suppliers and rules of a lone shop (REP-01)."""

import threading

from pos.config.sample_goods import goods_lists
from pos.store import goods_reference
from pos.store.locks import REFERENCE_LOCK, FileLock
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from tests.pos.commands.conftest import pos

SUPPLIERS = "supplier_id,name,delivery_weekdays,lead_days\nS1,绿野,4,2\n"


def reading(home, ask):
    reader = ReferenceReader(home)
    try:
        return reader.ask(ask, None)
    finally:
        reader.close()


def test_the_sample_shops_lists_go_in_and_come_out_again(home, tmp_path):
    ran = pos("goods", "import", *goods_lists(), home=home)

    assert ran.code == 0, ran.err
    assert "rules of 406 items" in ran.out
    assert reading(home, lambda c: goods_reference.supplier(c, "G05")).delivery_weekdays == "4"
    assert reading(home, lambda c: goods_reference.class_rule(c, "0601")).counted_daily
    written = tmp_path / "rules.csv"
    written.write_text(pos("goods", "export", "item_rules", home=home).out, encoding="utf-8")
    before = reading(home, goods_reference.item_rules)
    assert pos("goods", "import", written, home=home).code == 0
    assert reading(home, goods_reference.item_rules) == before


def test_a_bad_row_is_named_and_the_others_go_in_unless_strict(home, tmp_path):
    path = tmp_path / "suppliers.csv"
    path.write_text(SUPPLIERS + "S2,坏,9,1\n", encoding="utf-8")

    strict = pos("goods", "import", path, "--strict", home=home)
    assert strict.code == 1
    assert "row 3, delivery_weekdays" in strict.err
    assert reading(home, goods_reference.suppliers) == []
    ran = pos("goods", "import", path, home=home)
    assert ran.code == 1
    assert [one.supplier_id for one in reading(home, goods_reference.suppliers)] == ["S1"]


def test_a_dry_run_writes_nothing(home, tmp_path):
    path = tmp_path / "suppliers.csv"
    path.write_text(SUPPLIERS, encoding="utf-8")

    ran = pos("goods", "import", path, "--dry-run", "--json", home=home)

    assert ran.code == 0
    assert ran.json["rows"] == {"suppliers": 1}
    assert reading(home, goods_reference.suppliers) == []


def test_an_item_list_is_not_taken_for_rules(home, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("编码,品名,售价\n1,盐,2\n", encoding="utf-8")

    ran = pos("goods", "import", path, home=home)

    assert ran.code == 2
    assert "supplier_id" in ran.err


def test_an_enrolled_till_refuses_what_head_office_owns(home, tmp_path):
    path = tmp_path / "suppliers.csv"
    path.write_text(SUPPLIERS, encoding="utf-8")
    with ReferenceWriter.open(home, app_version="1") as writer:
        writer.set_identity(workstation_uuid="0f0f")

    ran = pos("goods", "import", path, home=home)

    assert ran.code == 2
    assert "head office owns" in ran.err
    assert reading(home, goods_reference.suppliers) == []


def test_it_waits_for_whoever_holds_the_catalogue_for_a_moment(home, tmp_path):
    path = tmp_path / "suppliers.csv"
    path.write_text(SUPPLIERS, encoding="utf-8")
    held = FileLock.acquire(home / REFERENCE_LOCK, "pos-sync run")
    release = threading.Timer(0.3, held.release)
    release.start()
    try:
        assert pos("goods", "import", path, home=home).code == 0
    finally:
        release.join()
