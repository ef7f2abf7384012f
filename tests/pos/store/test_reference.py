"""Lookups give the price in force and the hold; versions apply once and whole."""

from __future__ import annotations

import pytest

from pos.store.errors import FileLocked, StoreError
from pos.store.reference import ReferenceReader
from pos.store.reference_values import AckRow, Changes, Directive, Hold, OperatorRow, QuickKey
from tests.pos.store.rows import BarcodeRow, ItemRow, PriceRow, open_writer

DAY = "2026-03-10"


@pytest.fixture
def writer(tmp_path):
    with open_writer(tmp_path) as writer:
        yield writer


@pytest.fixture
def reader(tmp_path):
    reader = ReferenceReader(
        tmp_path, tax_rates_bp={"V13": 1300, "V09": 900}, default_tax_code="V13"
    )
    yield reader
    reader.close()


def sample(**more):
    return Changes(
        items=[
            ItemRow(
                "1001",
                "可口可乐",
                name_en="Coca-Cola",
                spec="330ml",
                tax_code="V09",
                mnemonic="kkkl",
            ),
            ItemRow("a1", "小a"),
            ItemRow("A1", "大A"),
        ],
        barcodes=[
            BarcodeRow("06901234567892", "1001"),
            BarcodeRow("16901234567899", "1001", 24_000),
        ],
        prices=[
            PriceRow("1001", "2026-03-01", 25_000),
            PriceRow("1001", "2026-03-10", 30_000),
            PriceRow("1001", "2026-03-11", 35_000),
        ],
        **more,
    )


def test_a_till_without_a_reference_file_finds_nothing_and_lives(tmp_path, reader):
    assert reader.find_code(("06901234567892",), DAY) is None
    assert reader.search("可乐", DAY) == []
    assert (reader.operators(), reader.quick_keys(), reader.acked(), reader.directives()) == (
        [],
        [],
        {},
        [],
    )
    assert (reader.meta("x"), reader.item_count(), reader.catalogue_version()) == (None, 0, 0)
    (tmp_path / "reference.db").touch()
    assert reader.item("1001", DAY) is None
    with open_writer(tmp_path) as writer:
        writer.add_local(sample())
    assert reader.item("1001", DAY) is not None


def test_a_code_finds_its_item_at_the_price_in_force_that_day(writer, reader):
    writer.apply_version(1, sample())

    prices = {
        day: reader.find_code(("06901234567892",), day).item.unit_price_e4
        for day in ("2026-02-28", "2026-03-01", "2026-03-10", "2026-12-31")
    }
    assert prices == {
        "2026-02-28": None,
        "2026-03-01": 25_000,
        "2026-03-10": 30_000,
        "2026-12-31": 35_000,
    }
    case = reader.find_code(("16901234567899",), DAY)
    assert (case.item.item_code, case.quantity_milli, case.barcode) == (
        "1001",
        24_000,
        "16901234567899",
    )
    assert (case.item.tax_rate_bp, case.item.price_version, case.item.held) == (900, 1, False)
    assert reader.item("a1", DAY).tax_rate_bp == 1300


def test_keys_are_tried_in_order_and_item_codes_exactly(writer, reader):
    writer.apply_version(1, sample())

    assert reader.find_code(("nothing", "06901234567892"), DAY).item.item_code == "1001"
    assert reader.find_code(("A1", "06901234567892"), DAY).item.name == "大A"
    assert reader.find_code(("a1",), DAY).item.name == "小a"
    assert reader.find_code(("1001 ", ""), DAY) is None


def test_a_held_item_is_held_however_it_is_found_until_the_last_hold_is_lifted(writer, reader):
    writer.apply_version(
        1,
        sample(
            holds=[
                Hold(hold_id="h1", item_code="1001", reason="批次召回"),
                Hold(hold_id="h2", item_code="1001"),
            ]
        ),
    )

    hits = [
        reader.find_code(("06901234567892",), DAY).item,
        reader.item("1001", DAY),
        reader.search("可乐", DAY)[0].item,
    ]
    assert all(item.held for item in hits)
    assert hits[0].hold_reason == "批次召回"
    writer.apply_version(2, Changes(removed={"holds": ["h1"]}))
    assert reader.item("1001", DAY).held
    writer.apply_version(3, Changes(removed={"holds": ["h2"]}))
    assert not reader.item("1001", DAY).held


def test_a_version_applies_once_with_its_cursor_and_is_listed(writer, reader):
    assert writer.apply_version(7, sample(), sha256="ab", meta={"feed_cursor": "inc.7"})
    again = writer.apply_version(
        7, Changes(removed={"items": ["1001"]}), meta={"feed_cursor": "wrong"}
    )

    assert not again
    assert reader.item("1001", DAY) is not None
    assert (reader.meta("feed_cursor"), reader.catalogue_version()) == ("inc.7", 7)
    assert [(v.version, v.sha256, v.snapshot) for v in reader.versions_after(3)] == [
        (7, "ab", False)
    ]
    assert reader.versions_after(7) == []


def test_a_version_that_fails_changes_nothing(writer, reader):
    writer.apply_version(1, sample())

    with pytest.raises(Exception, match="NOT NULL"):
        writer.apply_version(
            2, Changes(items=[ItemRow("1001", "改名")], prices=[PriceRow("1001", DAY, None)])
        )

    assert reader.item("1001", DAY).name == "可口可乐"
    assert reader.search("改名", DAY) == []
    assert reader.catalogue_version() == 1


def test_a_renamed_item_is_found_by_its_new_name_alone(writer, reader):
    writer.apply_version(1, sample())
    writer.apply_version(2, Changes(items=[ItemRow("1001", "雪碧", mnemonic="xb")]))

    assert [hit.item.item_code for hit in reader.search("雪碧", DAY)] == ["1001"]
    for gone in ("可乐", "kkk", "coca"):
        assert reader.search(gone, DAY) == []


def test_an_item_taken_away_and_set_again_has_no_old_price_or_code(writer, reader):
    writer.apply_version(1, sample())
    writer.apply_version(2, Changes(removed={"items": ["1001"], "unheard-of": ["x"]}))
    assert reader.find_code(("06901234567892",), DAY) is None
    assert reader.search("可乐", DAY) == []

    writer.apply_version(3, Changes(items=[ItemRow("1001", "可口可乐")]))

    assert reader.item("1001", DAY).unit_price_e4 is None
    assert reader.find_code(("06901234567892",), DAY) is None


def test_a_barcode_moves_to_another_item_and_a_price_can_be_taken_back(writer, reader):
    writer.apply_version(1, sample())
    writer.apply_version(
        2,
        Changes(
            barcodes=[BarcodeRow("06901234567892", "a1")], removed={"prices": ["1001\t2026-03-10"]}
        ),
    )

    assert reader.find_code(("06901234567892",), DAY).item.item_code == "a1"
    assert reader.item("1001", DAY).unit_price_e4 == 25_000


def test_operators_are_stored_with_sealed_verifiers(tmp_path, reader):
    with open_writer(tmp_path, seal=lambda verifier: f"sealed({verifier})") as writer:
        writer.apply_version(
            4,
            Changes(
                operators=[
                    OperatorRow(
                        operator_id="01",
                        name="王芳",
                        role="cashier",
                        salt="c2FsdA==",
                        verifier="dg==",
                        active=False,
                    )
                ]
            ),
        )

    actual = reader.operator("01")
    assert actual == OperatorRow(
        operator_id="01",
        name="王芳",
        role="cashier",
        salt="c2FsdA==",
        verifier="sealed(dg==)",
        active=False,
        version=4,
    )
    assert reader.operators() == [actual]
    assert reader.operator("02") is None


def test_acknowledgements_directives_keys_and_identity_come_back_as_values(writer, reader):
    ack = AckRow(
        epoch="e1", acked_seq=12, head_hash="ab", durable_seq=10, incarnation="i", at_utc_ms=5
    )
    directive = Directive(directive_id="d1", kind="fork", body="{}", created_utc_ms=9)
    writer.set_ack(ack)
    writer.add_directive(directive)
    writer.add_directive(Directive(directive_id="d1", kind="other"))
    writer.apply_version(
        1,
        Changes(
            quick_keys=[
                QuickKey(position=2, item_code="a1", label="袋"),
                QuickKey(position=1, item_code="A1"),
            ]
        ),
    )

    assert reader.acked() == {"e1": ack}
    assert reader.directives() == [directive]
    assert [key.position for key in reader.quick_keys()] == [1, 2]
    writer.remove_directive("d1")
    assert reader.directives() == []
    assert not writer.is_enrolled
    writer.set_identity(workstation_uuid="w-1", store_id="S1")
    assert writer.is_enrolled
    assert writer.identity() == {"workstation_uuid": "w-1", "store_id": "S1"}
    with pytest.raises(StoreError):
        writer.set_identity(secret="x")


def test_a_second_writer_is_refused(tmp_path, writer):
    with pytest.raises(FileLocked):
        open_writer(tmp_path)


def test_scans_read_together_see_one_version_of_the_catalogue(writer, reader):
    writer.apply_version(1, sample())
    assert reader.moment == 0

    reader.begin_moment()
    first = reader.moment
    assert first
    assert reader.find_code(("1001",), DAY).item.unit_price_e4 == 30_000
    writer.apply_version(2, Changes(prices=[PriceRow("1001", "2026-03-10", 31_000)]))

    # Nothing of the new version, whatever is asked, until the burst is over.
    assert (reader.catalogue_version(), reader.item("1001", DAY).unit_price_e4) == (1, 30_000)
    assert reader.search("1001", DAY)[0].item.unit_price_e4 == 30_000
    reader.begin_moment()
    assert reader.moment == first

    reader.end_moment()
    assert (reader.moment, reader.catalogue_version()) == (0, 2)
    assert reader.item("1001", DAY).unit_price_e4 == 31_000
    reader.end_moment()
    reader.begin_moment()
    assert reader.moment not in (0, first)
    reader.end_moment()


def test_a_moment_before_the_file_is_made_is_none(reader):
    reader.begin_moment()
    assert (reader.moment, reader.item("1001", DAY)) == (0, None)
    reader.end_moment()
