"""Packs that name themselves: dates, batches, serials, trace codes, and two codes on one pack."""

from __future__ import annotations

import msgspec
import pytest

from pos.bootstrap import build_till, close_till
from pos.config import load_settings
from pos.domain.cart import Refusal
from pos.domain.item import Item, ItemBarcode, Price
from pos.domain.journal import EntryKind, decode_entry
from pos.services import checkout, returns
from pos.services.checkout import CommandFound, CountedOnce, LineAdded, ReceiptFound, UnknownCode
from pos.services.context import NeedsApproval, Operator
from pos.store import projections
from pos.store.reference_values import Changes, Hold
from pos.store.reference_writer import ReferenceWriter
from tests.pos.services.goods.quality_shop import sibling_wrote
from tests.support.headless import FIRST_DAY, code_of, make_shop, open_day

MS = 1_000_000
EAN = code_of(0)
GTIN = EAN.zfill(14)
TRACE = "81234567890123456789"
AIM = "]d2"


def pack(expiry="", batch="", serial="", gtin=GTIN):
    """The element string of a pack."""
    text = f"01{gtin}"
    text += f"17{expiry}" if expiry else ""
    text += f"10{batch}\x1d" if batch else ""
    return text + (f"21{serial}" if serial else "")


@pytest.fixture
def till(tmp_path, request):
    make_shop(tmp_path)
    with ReferenceWriter.open(tmp_path, app_version="test") as writer:
        writer.add_local(
            Changes(
                items=[Item(item_code="D9", name="感冒灵颗粒", unit="盒")],
                barcodes=[ItemBarcode(code="8123456", item_code="D9")],
                prices=[Price(item_code="D9", effective_day="2020-01-01", unit_price_e4=125_000)],
                holds=[
                    Hold(hold_id="h1", item_code="1002", reason="召回", batch="BAD1"),
                    Hold(hold_id="h2", item_code="1002", reason="假货", serial="S666"),
                ],
            )
        )
    preset = getattr(request, "param", "supermarket")
    with (tmp_path / "guitai.toml").open("a", encoding="utf-8") as file:
        file.write(f'[rules]\npreset = "{preset}"\n')
    made = build_till(tmp_path, settings=load_settings(tmp_path))
    made.operator = Operator(operator_id="1001", name="李娜", role=made.roles["cashier"])
    open_day(made)
    yield made
    close_till(made)


def scan(till, code, aim=None, at_ms=0):
    return checkout.scan(till, code, aim, at_ns=at_ms * MS)


def sell(till):
    checkout.tender(till, "cash")
    done = checkout.complete(till)
    done.saved.result(5)
    return done.transaction


def bodies(till, kind):
    rows = till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind,)
    )
    return [decode_entry(row[0]).body for row in rows]


# -- dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ai", ["17", "15"])
def test_goods_past_their_date_are_refused_at_the_scan(till, ai):
    result = scan(till, f"01{GTIN}{ai}260301", AIM)

    assert isinstance(result, Refusal)
    assert (result.code, result.values["date"]) == ("pack_expired", "2026-03-01")
    assert till.sale.cart.lines == ()


def test_the_last_day_itself_is_near_the_date_and_warned_of(till):
    result = scan(till, pack("260302"), AIM)

    assert isinstance(result, LineAdded)
    assert result.warning == "sale.near_expiry"


def test_a_date_far_away_says_nothing_and_is_kept_with_the_batch(till):
    result = scan(till, pack("271231", "A7"), AIM)

    assert (result.line.batch, result.line.expiry, result.warning) == ("A7", "2027-12-31", "")
    line = sell(till).lines[0]
    assert (line.batch, line.expiry, line.unit_code) == ("A7", "2027-12-31", "")


def test_packs_of_different_batches_are_different_lines_and_equal_ones_merge(till):
    for batch in ("A7", "A7", "A8"):
        scan(till, pack("271231", batch), AIM)

    assert [(line.batch, line.quantity_milli) for line in till.sale.cart.lines] == [
        ("A7", 2000),
        ("A8", 1000),
    ]


@pytest.mark.parametrize(
    ("code", "aim"),
    [
        (f"HTTPS://ID.GS1.ORG/01/{GTIN}/10/A7?17=260301", "]Q1"),
        (f"https://example.cn/01/{GTIN}/10/A7?17=260301", "]d1"),
        (f"]Q1https://id.gs1.org/01/{GTIN}?17=260301", None),
        (pack("260301"), "]Q3"),
    ],
)
def test_a_digital_link_says_the_date_as_well(till, code, aim):
    assert scan(till, code, aim).code == "pack_expired"


# -- holds ----------------------------------------------------------------------------------------


def test_a_held_batch_is_refused_another_is_not_and_the_plain_code_asks(till):
    held = code_of(2).zfill(14)
    assert scan(till, pack("271231", "BAD1", gtin=held), AIM).code == "pack_held"
    assert scan(till, pack("271231", "", "S666", gtin=held), AIM).code == "pack_held"
    assert isinstance(scan(till, pack("271231", "GOOD", gtin=held), AIM), LineAdded)
    assert isinstance(scan(till, code_of(2)), checkout.BatchToSee)
    assert isinstance(scan(till, EAN), LineAdded), "goods without a held batch ask nothing"


# -- packs that are sold once ---------------------------------------------------------------------


def test_the_same_serial_twice_is_warned_of(till):
    assert scan(till, pack("", "", "S1"), AIM).warning == ""
    again = scan(till, pack("", "", "S1"), AIM)

    assert again.warning == "sale.serial_again"
    assert not again.merged
    sell(till)
    assert scan(till, pack("", "", "S1"), AIM).warning == "sale.serial_again"
    assert scan(till, pack("", "", "S2"), AIM).warning == ""


def test_a_trace_code_sells_its_product_and_is_kept_as_text(till):
    result = scan(till, TRACE)

    assert (result.line.item_code, result.line.unit_code) == ("D9", TRACE)
    assert sell(till).lines[0].unit_code == TRACE


@pytest.mark.parametrize("till", ["pharmacy"], indirect=True)
def test_a_pharmacy_sells_a_trace_code_once(till):
    assert isinstance(scan(till, TRACE), LineAdded)
    assert scan(till, TRACE).code == "pack_sold_before"
    number = sell(till).transaction_no
    assert scan(till, TRACE).code == "pack_sold_before"
    till.sale.return_mode = True
    assert scan(till, TRACE) == ReceiptFound(number)


@pytest.mark.parametrize("till", ["pharmacy"], indirect=True)
def test_r14_a_trace_code_sold_at_a_sibling_is_sold_once_in_the_whole_shop(till):
    """R14: the other till's sale is known by head office's word; another pack still sells."""
    scan(till, TRACE)
    own = sell(till)
    elsewhere = TRACE[:-1] + ("1" if TRACE[-1] != "1" else "2")
    assert isinstance(scan(till, elsewhere), LineAdded), "the control: nobody sold it yet"
    checkout.undo(till)
    till.sale = type(till.sale)()
    line = msgspec.structs.replace(own.lines[0], unit_code=elsewhere)
    sibling_wrote(
        till,
        EntryKind.TRANSACTION,
        msgspec.structs.replace(own, transaction_no="99-0001", lines=(line,)),
    )
    assert scan(till, elsewhere).code == "pack_sold_before"


def test_a_pack_that_came_back_may_be_sold_again_and_a_rebuild_knows_it(till):
    till.operator = Operator(operator_id="8001", name="周建国", role=till.roles["manager"])
    scan(till, TRACE)
    number = sell(till).transaction_no
    assert checkout.scan(till, TRACE).warning == "sale.trace_code_again"
    checkout.undo(till)
    till.sale = type(till.sale)()
    started = returns.start_return(till, number, {1: 1000}, "quality")
    assert not isinstance(started, (Refusal, NeedsApproval)), started
    back = sell(till)
    assert back.lines[0].unit_code == TRACE

    assert scan(till, TRACE).warning == ""
    kept = till.journal.run(lambda txn: projections.fingerprint(txn.connection))
    till.journal.run(lambda txn: projections.rebuild(txn.connection))
    assert till.journal.run(lambda txn: projections.fingerprint(txn.connection)) == kept


def test_a_trace_code_that_nobody_knows_is_said(till):
    assert scan(till, "89999999990123456789") == UnknownCode(
        "89999999990123456789", "not_in_catalogue"
    )


def test_one_pack_is_not_sold_twelve_times(till):
    checkout.set_next_quantity(till, 12_000)

    assert scan(till, pack("", "", "S1"), AIM).code == "one_pack"


# -- two codes on one pack ------------------------------------------------------------------------


def test_a_2d_code_and_the_ean_of_the_same_pack_count_once(till):
    scan(till, pack("271231", "A7"), AIM, 1000)
    assert scan(till, EAN, "]E0", 1400) == CountedOnce(1)

    assert [(line.batch, line.quantity_milli) for line in till.sale.cart.lines] == [("A7", 1000)]


def test_an_ean_and_then_the_2d_code_count_once_and_the_line_knows_the_batch(till):
    scan(till, EAN, "]E0", 1000)
    scan(till, pack("271231", "A7"), AIM, 1400)

    assert [(line.batch, line.quantity_milli) for line in till.sale.cart.lines] == [("A7", 1000)]
    assert bodies(till, "line_voided") == []


def test_an_expired_pack_whose_ean_came_first_leaves_the_sale(till):
    scan(till, EAN, "]E0", 1000)
    assert scan(till, pack("260301"), AIM, 1400).code == "pack_expired"

    assert till.sale.cart.lines == ()
    till.journal.run(lambda _txn: None)
    assert [one.reason for one in bodies(till, "line_voided")] == ["pack_expired"]


def test_two_equal_articles_are_two_pieces(till):
    for at_ms in (1000, 1400, 1800):
        scan(till, EAN, "]E0", at_ms)

    assert till.sale.cart.pieces_milli == 3000


def test_two_packs_with_both_codes_are_two_pieces(till):
    scan(till, EAN, "]E0", 1000)
    scan(till, pack("271231", "A7"), AIM, 1200)
    scan(till, EAN, "]E0", 1500)
    scan(till, pack("271231", "A7"), AIM, 1700)

    assert till.sale.cart.pieces_milli == 2000
    assert {line.batch for line in till.sale.cart.lines} == {"A7"}


def test_after_a_second_the_other_code_is_another_pack(till):
    scan(till, EAN, "]E0", 1000)
    scan(till, pack("271231", "A7"), AIM, 2001)

    assert till.sale.cart.pieces_milli == 2000


def test_another_items_2d_code_is_never_swallowed(till):
    scan(till, EAN, "]E0", 1000)
    scan(till, pack("271231", gtin=code_of(1).zfill(14)), AIM, 1200)

    assert till.sale.cart.pieces_milli == 2000


def test_the_quantity_typed_before_the_ean_stays(till):
    checkout.set_next_quantity(till, 6000)
    scan(till, EAN, "]E0", 1000)
    scan(till, pack("271231", "A7"), AIM, 1200)

    assert [(line.batch, line.quantity_milli) for line in till.sale.cart.lines] == [("A7", 6000)]


# -- prices in a code, commands -------------------------------------------------------------------


def test_a_price_in_the_code_is_what_is_charged(till):
    result = scan(till, f"01{GTIN}3922000777", AIM)

    assert result.line.amount_minor == 777


def test_a_price_in_another_currency_is_not(till):
    result = scan(till, f"01{GTIN}3932840000777", AIM)

    assert result.line.amount_minor == 100


def test_a_command_is_no_goods(till):
    assert scan(till, "$POS:PARK", "]C0") == CommandFound("PARK")
    assert till.sale.cart.lines == ()
    assert till.business_day == FIRST_DAY
