"""Opening the books and proving them: STK-01, STK-02, STK-03, STK-17."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from pos.domain.journal import EntryKind
from pos.domain.stock import movements_of
from pos.domain.stock_proof import ledger_sha256
from pos.services import checkout, shifts
from pos.services.context import NeedsApproval
from pos.services.goods import books, day_proof
from pos.services.session import load_session
from tests.pos.services.goods.stockroom import line, post
from tests.pos.services.shop import act_as, begin_day, entries, open_till, sell, staff


@pytest.fixture
def uncounted(tmp_path):
    till = open_till(tmp_path, stock__opening_count="required")
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    yield till
    till.journal.close()


def test_stk_01_nothing_is_sold_before_the_opening_count_is_posted(uncounted):
    assert books.books(uncounted).state is books.State.UNBOOKED
    refused = checkout.add_item(uncounted, "NOOD", 1_000)
    assert isinstance(refused, Refusal)
    assert refused.code == "unbooked"
    assert isinstance(checkout.scan(uncounted, "6920000000019"), Refusal)
    counted = post(uncounted, DocumentKind.OPENING, line(1, "NOOD", 20_000))
    assert books.books(uncounted).document_no == counted.document_no
    sell(uncounted, ("NOOD", 1_000))
    load_session(uncounted)  # and so it is at the next start
    assert books.books(uncounted).state is books.State.BOOKED
    sell(uncounted, ("NOOD", 1_000))


def test_a_shop_that_need_not_count_sells_at_once(open_shop):
    assert books.books(open_shop).state is books.State.WAIVED
    sell(open_shop, ("NOOD", 1_000))


def test_stk_01_a_waiver_is_journaled_with_who_and_why(uncounted):
    act_as(uncounted, "1001")
    assert isinstance(books.waive(uncounted, "a reason"), NeedsApproval | Refusal)
    act_as(uncounted, "8001")
    assert isinstance(books.waive(uncounted, "  "), Refusal)
    books.waive(uncounted, "counted at till 02").result()
    note = entries(uncounted, EntryKind.REGISTER_NOTED)[-1]
    assert (note.action, note.person_id) == (books.WAIVED_ACTION, "8001")
    load_session(uncounted)
    sell(uncounted, ("NOOD", 1_000))
    assert books.books(uncounted).document_no == "8001: counted at till 02"


def test_stk_02_the_first_receipt_starts_a_clock_of_three_days(uncounted):
    assert books.books(uncounted).due_day == ""
    post(uncounted, DocumentKind.RECEIPT, line(1, "NOOD", 12_000))
    found = books.books(uncounted)
    assert (found.first_day, found.due_day, found.days_left) == ("2026-11-21", "2026-11-24", 3)
    uncounted.business_day = "2026-11-26"
    assert books.books(uncounted).days_left == -2
    uncounted.business_day = "2026-11-21"
    post(uncounted, DocumentKind.OPENING, line(1, "NOOD", 20_000))
    assert books.books(uncounted).due_day == ""


# --------------------------------------------------------------------------- proof of the day


def close(till):
    cash = shifts.shift_totals(till).expected_minor("cash")
    closed = shifts.close_day(till, {"cash": cash})
    assert isinstance(closed, shifts.DayClosed), closed
    closed.saved.result()


def proofs(till):
    return [
        note
        for note in entries(till, EntryKind.REGISTER_NOTED)
        if note.register is Register.BOOKS and note.action == "day_proof"
    ]


def test_stk_17_opening_plus_in_less_out_is_closing_at_each_days_close(open_shop):
    post(open_shop, DocumentKind.OPENING, line(1, "NOOD", 20_000))
    sold = sell(open_shop, ("NOOD", 3_000))
    post(open_shop, DocumentKind.LOAN_OUT, line(1, "NOOD", 2_000))
    close(open_shop)
    (first,) = proofs(open_shop)
    assert first.subject == "2026-11-21"
    assert {k: first.fields[k] for k in ("opening_milli", "in_milli", "out_milli")} == {
        "opening_milli": "0", "in_milli": "20000", "out_milli": "5000",
    }  # fmt: skip
    assert first.fields["closing_milli"] == "15000"
    assert "difference_milli" not in first.fields
    # STK-03: the hash is of the movements themselves, as anybody has them who has the entries.
    rows = [("NOOD", "", "", "opening", 20_000), ("NOOD", "", "", "loan", -2_000)]
    rows += [("NOOD", "loan", "", "loan", 2_000)]
    rows += [
        (m.item_code, m.place, m.batch, m.reason, m.quantity_milli) for m in movements_of(sold)
    ]
    assert first.fields["sha256"] == ledger_sha256(rows)
    assert first.fields["movements"] == "4"

    # Goods that come in after the close are of the day before, and are proven with the next.
    post(open_shop, DocumentKind.RECEIPT, line(1, "NOOD", 1_000))
    begin_day(open_shop, "2026-11-22")
    sell(open_shop, ("NOOD", 2_000))
    close(open_shop)
    _, again, second = proofs(open_shop)
    assert (again.subject, again.fields["movements"]) == ("2026-11-21", "5")
    assert "closing_milli" not in again.fields
    assert second.subject == "2026-11-22"
    assert [second.fields[k] for k in ("opening_milli", "in_milli", "out_milli")] == [
        "15000", "1000", "2000",
    ]  # fmt: skip
    assert second.fields["closing_milli"] == "14000"


def test_a_balance_that_somebody_edited_is_a_difference_at_the_close(open_shop):
    sell(open_shop, ("NOOD", 1_000))
    assert day_proof.reconcile_now(open_shop).difference_milli == 0
    open_shop.journal.run(
        lambda txn: txn.connection.execute(
            "INSERT INTO stock_balance VALUES ('NOOD', '', '', 7000)"
        )
    )
    assert day_proof.reconcile_now(open_shop).difference_milli == 7_000
    close(open_shop)
    assert proofs(open_shop)[0].fields["difference_milli"] == "7000"


def spoil(till, *rows):
    till.journal.run(
        lambda txn: txn.connection.executemany(
            "INSERT INTO stock_balance VALUES (?, '', '', ?)", rows
        )
    )


def test_stk_17_one_too_many_of_one_and_one_too_few_of_another_are_named(open_shop):
    sell(open_shop, ("NOOD", 1_000), ("W550", 2_000))
    assert day_proof.reconcile_now(open_shop).adds_up
    spoil(open_shop, ("NOOD", 1_000), ("W550", -1_000))
    found = day_proof.reconcile_now(open_shop)
    assert found.difference_milli == 0
    assert [(one.item_code, one.difference_milli) for one in found.wrong] == [
        ("NOOD", 1_000),
        ("W550", -1_000),
    ]
    cash = shifts.shift_totals(open_shop).expected_minor("cash")
    closed = shifts.close_day(open_shop, {"cash": cash})
    closed.saved.result()  # nothing bars the close
    (note,) = proofs(open_shop)
    assert "difference_milli" not in note.fields
    assert (note.fields["wrong_items"], note.fields["wrong_item_count"]) == ("NOOD,W550", "2")
    slip = msgspec.json.encode(closed.document).decode()
    assert "账" in slip or "STOCK BOOKS DO NOT ADD UP" in slip
    assert "红烧牛肉面" in slip


def test_books_that_add_up_print_nothing_of_it_on_the_z(open_shop):
    sell(open_shop, ("NOOD", 1_000))
    cash = shifts.shift_totals(open_shop).expected_minor("cash")
    closed = shifts.close_day(open_shop, {"cash": cash})
    closed.saved.result()
    assert "STOCK BOOKS" not in msgspec.json.encode(closed.document).decode()


def test_only_what_moved_since_the_last_proof_is_looked_at_singly(open_shop):
    post(open_shop, DocumentKind.OPENING, line(1, "NOOD", 20_000), line(2, "W550", 9_000))
    close(open_shop)
    begin_day(open_shop, "2026-11-22")
    sell(open_shop, ("NOOD", 3_000))
    assert day_proof.reconcile_now(open_shop).adds_up
    open_shop.journal.run(
        lambda txn: txn.connection.execute(
            "UPDATE stock_balance SET quantity_milli = quantity_milli + "
            "CASE item_code WHEN 'NOOD' THEN 1000 ELSE -1000 END"
        )
    )
    found = day_proof.reconcile_now(open_shop)
    assert found.difference_milli == 0
    assert [one.item_code for one in found.wrong] == ["NOOD"]


def test_the_proof_costs_the_days_close_no_entry_of_its_own_beside_the_note(open_shop):
    close(open_shop)
    (note,) = proofs(open_shop)
    assert note.fields["movements"] == "0"
    assert len(msgspec.json.encode(note)) < 500
