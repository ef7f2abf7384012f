"""R2-R9, R16, R17, R22, R23 over the real ingest, on SQLite and on PostgreSQL."""

import random

import msgspec
import pytest

from pos.domain.cart import LineKind
from pos.domain.journal import GENESIS_HASH, EntryKind, chain_hash
from pos.domain.journal.bodies import DeclaredLost, EpochOpen
from pos.domain.journal.sale_bodies import TransactionPart
from pos.domain.tender import Tender
from sync.head_office import projections, reports, upkeep
from sync.head_office.batches import Batch
from tests.sync.head_office.office_kit import (
    DAY,
    JournalingTill,
    line,
    make_office,
    shopping,
    transaction,
)


def till_with_sales(count=10, **more):
    till = JournalingTill(**more)
    till.open()
    till.open_day()
    for _ in shopping(till, count):
        pass
    return till


def holds(hq):
    result = upkeep.verify(hq.office)
    assert not result.problems, result.problems
    return result


def test_a_batch_is_acknowledged_with_its_last_sequence_and_head_hash(hq):
    till = till_with_sales()
    answer = hq.take(till)
    assert (answer.acked_seq, answer.head_hash) == (12, till.head)
    assert hq.count("journal") == 12
    assert holds(hq).entries == 12


def test_the_same_batch_again_books_nothing_twice_and_still_writes_last_seen(hq):
    till = till_with_sales()
    first = hq.take(till)
    before = projections.digest(hq.office.dialect)
    hq.clock.now_ms += 60_000
    again = hq.take(till)
    assert (again.acked_seq, again.head_hash, again.new) == (first.acked_seq, first.head_hash, 0)
    assert projections.digest(hq.office.dialect) == before
    assert hq.rows("SELECT last_seen_utc_ms FROM epoch") == [(hq.clock.now_ms,)]


def test_overlapping_batches_take_only_what_is_new(hq):
    till = till_with_sales()
    hq.take(till, 1, 7)
    answer = hq.take(till, 4, 12)
    assert (answer.acked_seq, answer.new) == (12, 5)
    holds(hq)


def test_a_gap_is_refused_with_the_sequence_that_is_wanted(hq):
    till = till_with_sales()
    hq.take(till, 1, 5)
    refused = hq.refuse(till, till.batch(8, 12))
    assert (refused.error, refused.expected, refused.head_hash) == ("gap", 6, till.records[4][0])
    assert hq.count("journal") == 5
    # the negative control: what was wanted is taken
    assert hq.take(till, 6).acked_seq == 12


def test_the_first_entry_of_an_epoch_is_number_one(hq):
    till = till_with_sales()
    assert hq.refuse(till, till.batch(2)).expected == 1


def test_a_fork_keeps_the_first_stores_the_other_and_raises_an_alarm(hq):
    till = till_with_sales(6)
    hq.take(till)
    clone = JournalingTill(seed=9)
    clone.records = till.records[:5]
    clone.sell(transaction(99, [line(1, "Z", 1000, 100)]))
    clone.sell(transaction(98, [line(1, "Z", 1000, 100)]))
    refused = hq.refuse(clone, clone.batch(4))
    assert (refused.error, refused.expected) == ("fork", 6)
    assert hq.rows("SELECT seq, bytes FROM fork ORDER BY seq") == [
        (6, clone.records[5][1]),
        (7, clone.records[6][1]),
    ]
    assert "fork" in hq.audit()
    assert hq.rows("SELECT COUNT(*) FROM sale WHERE transaction_no = 'T0099'") == [(0,)]
    holds(hq)


def test_a_history_that_does_not_join_the_watermark_is_a_fork(hq):
    till = till_with_sales(4)
    hq.take(till)
    other = JournalingTill(seed=7)
    other.open()
    for _ in range(5):
        other.note()
    other.sell(transaction(1, [line(1, "Q", 1000, 1)]))
    assert hq.refuse(other, other.batch(7)).error == "fork"


def test_divergent_entries_come_again_in_a_new_epoch_and_count_once(hq):
    till = till_with_sales(4)
    hq.take(till)
    clone = JournalingTill(seed=3)
    clone.records = till.records[:4]
    divergent = transaction(77, [line(1, "D", 2000, 700)])
    uuid = clone.sell(divergent)
    assert hq.refuse(clone, clone.batch(5)).error == "fork"
    again = JournalingTill(epoch="epoch-2")
    again.open("fork", previous_epoch="epoch-1", previous_seq=4)
    again.sell(divergent, entry_uuid=uuid, flags=("reappended",), reappended_from="epoch-1/5")
    # and one that head office has already, appended again by a till that does not know
    known = till.uuids[2]
    again.append(EntryKind.TRANSACTION, transaction(1, [line(1, "D", 1, 1)]), entry_uuid=known)
    answer = hq.take(again)
    assert (answer.acked_seq, answer.quarantined) == (3, ())
    assert hq.rows("SELECT COUNT(*) FROM sale WHERE transaction_no = 'T0077'") == [(1,)]
    assert hq.rows("SELECT flags, entry_uuid FROM journal WHERE epoch_no = 2 AND seq = 3") == [
        ("repeat", None)
    ]
    holds(hq)


def test_one_entry_uuid_twice_in_one_batch_counts_once(hq):
    till = JournalingTill()
    till.open()
    body = transaction(1, [line(1, "A", 1000, 500)])
    uuid = till.sell(body)
    till.sell(body, entry_uuid=uuid)
    hq.take(till)
    assert hq.count("sale") == 1
    assert reports.daily(hq.office.dialect)[0]["net"] == "5.00"
    holds(hq)


def test_a_record_that_does_not_give_its_hash_is_kept_apart_and_the_queue_goes_on(hq):
    till = JournalingTill()
    till.open()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]))
    good = till.records[-1][1]
    till.append_bytes(
        good.replace(b'"amount_minor":500', b'"amount_minor":900'), stated=b"\x07" * 32
    )
    till.sell(transaction(2, [line(1, "A", 1000, 300)]))
    answer = hq.take(till)
    assert (answer.acked_seq, answer.quarantined, answer.head_hash) == (4, (3,), till.head)
    assert hq.rows("SELECT seq FROM quarantine") == [(3,)]
    assert hq.rows("SELECT hash FROM journal WHERE seq = 3") == [(b"\x07" * 32,)]
    assert reports.daily(hq.office.dialect)[0]["net"] == "8.00"
    assert "quarantined" in hq.audit()
    assert hq.take(till).acked_seq == 4
    holds(hq)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b"[" * 100_000,
        b"null",
        b'{"schema":NaN}',
        b"\x00" * 10,
        b'{"a":"\\ud800"}',
        b"x" * (256 * 1024 + 1),
    ],
    ids=["empty", "not utf-8", "no fields", "deep", "null", "nan", "nul", "surrogate", "too long"],
)
def test_bytes_that_are_no_entry_are_quarantined_with_their_bytes(hq, data):
    till = JournalingTill()
    till.open()
    till.append_bytes(data)
    till.note()
    answer = hq.take(till)
    assert (answer.acked_seq, answer.quarantined) == (3, (2,))
    assert hq.rows("SELECT bytes FROM journal WHERE seq = 2") == [(data,)]
    holds(hq)


@pytest.mark.parametrize(
    ("find", "put"),
    [
        (b'"quantity_milli":1000', b'"quantity_milli":' + b"9" * 30),
        (b'"quantity_milli":1000', b'"quantity_milli":9223372036854775808'),
        (b'"at_utc_ms":', b'"at_utc_ms":1' + b"0" * 25),
        (f'"business_day":"{DAY}"'.encode(), b'"business_day":"someday"'),
        (b'"quantity_milli":1000', b'"quantity_milli":1.5'),
    ],
)
def test_figures_that_no_column_takes_are_quarantined_and_the_rest_counts(hq, find, put):
    till = JournalingTill()
    till.open()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]))
    good = till.records.pop()[1]
    assert find in good
    till.append_bytes(good.replace(find, put))
    till.sell(transaction(2, [line(1, "A", 1000, 300)]))
    assert hq.take(till).quarantined == (2,)
    assert reports.daily(hq.office.dialect)[0]["net"] == "3.00"
    holds(hq)


def test_sums_that_overflow_a_column_do_not_stop_the_queue(hq):
    till = JournalingTill()
    till.open()
    huge = 10**15
    for number in range(1, 12):
        lines = [line(n, "A", 1000, huge) for n in range(1, 1001)]
        till.sell(transaction(number, lines))
    for first in range(1, 13, 3):
        hq.take(till, first, min(first + 2, 12))
    till.sell(transaction(99, [line(1, "B", 1000, 100)]))
    assert hq.take(till, 13).acked_seq == 13
    assert hq.count("quarantine") >= 1
    holds(hq)


def test_nul_in_text_is_shown_as_its_picture_and_kept_in_the_bytes(hq):
    till = JournalingTill()
    till.open()
    till.sell(transaction(1, [line(1, "A\x00B", 1000, 500, description="x\\\x00\t\n\r")]))
    hq.take(till)
    assert hq.rows("SELECT item_code, description FROM sale_line") == [("A␀B", "x\\␀\t\n\r")]
    assert b"\\u0000" in hq.rows("SELECT bytes FROM journal WHERE seq = 2")[0][0]
    holds(hq)


def test_unknown_fields_words_and_kinds_of_a_newer_till_count_and_are_flagged(hq):
    till = JournalingTill()
    till.open()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]))
    data = till.records.pop()[1]
    data = data.replace(b'"body":{', b'"body":{"aura":{"x":[1,2]},', 1)
    data = data.replace(b'"description"', b'"entry_method":"telepathy","description"')
    till.append_bytes(data)
    till.append("holo_scan", {"deep": [1, {"x": 2}]})
    answer = hq.take(till)
    assert answer.quarantined == ()
    assert reports.daily(hq.office.dialect)[0]["net"] == "5.00"
    assert {"unknown_fields", "unknown_kind"} <= hq.audit()
    holds(hq)


def test_business_oddities_are_booked_and_go_to_sales_audit(hq):
    till = JournalingTill()
    till.open()
    till.sell(
        transaction(
            1,
            [line(1, "A", 1000, 500, unit_price_e4=50000, list_price_e4=60000)],
            tenders=[Tender(tender_no=1, tender_type="cash", amount_minor=400)],
            review=("single_signature",),
        )
    )
    till.business_day = "2031-01-01"
    till.sell(transaction(2, [line(1, "A", 1000, 500)]))
    hq.take(till)
    assert hq.count("sale") == 2
    assert {"unbalanced", "price_without_source", "single_signature", "future_day"} <= hq.audit()


def test_an_ordinary_sale_leaves_no_finding(hq):
    till = JournalingTill()
    till.open()
    till.open_day()
    till.sell(transaction(1, [line(1, "A", 1000, 500, unit_price_e4=50000, list_price_e4=50000)]))
    till.close_day()
    hq.take(till)
    assert hq.audit() == set()


def test_entries_of_an_old_epoch_that_come_late_count_and_are_flagged(hq):
    old = till_with_sales(3)
    hq.take(old, 1, 3)
    new = JournalingTill(epoch="epoch-2")
    new.open("restore", previous_epoch="epoch-1", previous_seq=3, final_seq=5)
    new.sell(transaction(50, [line(1, "N", 1000, 100)]))
    hq.take(new)
    answer = hq.take(old, 4, final_seq=5)
    assert answer.acked_seq == 5
    assert hq.rows("SELECT epoch_no, state, final_seq FROM epoch ORDER BY epoch_no") == [
        (1, "retired", 5),
        (2, "open", None),
    ]
    assert {"late_epoch", "epoch_restore"} <= hq.audit()
    assert hq.rows("SELECT DISTINCT flags FROM journal WHERE epoch_no = 1 AND seq > 3") == [
        ("late",)
    ]
    holds(hq)


def test_labels_that_differ_from_the_enrolment_are_booked_under_the_key_and_flagged(hq):
    till = JournalingTill()
    till.open()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]), store_id="99", workstation_uuid="another")
    hq.take(till)
    assert hq.rows("SELECT DISTINCT store_id FROM sale") == [("01",)]
    assert {"other_label", "other_identity"} <= hq.audit()


def test_what_was_journaled_while_a_home_was_set_up_is_no_finding_but_trade_is(hq):
    """A home is set up before it is enrolled; whoever traded before is told of."""
    till = JournalingTill()
    till.append(
        EntryKind.EPOCH_OPEN, EpochOpen(reason="new"), business_day="", workstation_uuid=""
    )
    till.open_day()
    hq.take(till)
    assert "other_identity" not in hq.audit()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]), workstation_uuid="")
    hq.take(till, len(till.records))
    assert "other_identity" in hq.audit()


def test_a_document_in_parts_is_one_transaction_with_all_its_lines(hq):
    till = JournalingTill()
    till.open()
    lines = [line(n, f"P{n}", 1000, 100) for n in range(1, 11)]
    parts = (
        till.part(TransactionPart(transaction_no="T0001", part=1, lines=tuple(lines[:4]))),
        till.part(TransactionPart(transaction_no="T0001", part=2, lines=tuple(lines[4:8]))),
    )
    whole = transaction(1, lines)
    till.sell(msgspec.structs.replace(whole, lines=tuple(lines[8:]), parts=parts))
    hq.take(till, 1, 2)  # the first part comes in an earlier batch
    hq.take(till, 3)
    row = reports.daily(hq.office.dialect)[0]
    assert (row["transactions"], row["lines"], row["net"]) == (1, 10, "10.00")
    assert [r[0] for r in hq.rows("SELECT item_code FROM sale_line ORDER BY line_no")] == [
        f"P{n}" for n in range(1, 11)
    ]
    assert "missing_part" not in hq.audit()
    holds(hq)


@pytest.mark.parametrize("count", [38, 39, 80, 131])
def test_batches_of_any_length_are_booked_to_the_last_line(hq, count):
    till = till_with_sales(count)
    hq.take(till)
    sold = sum(lines for (lines,) in hq.rows("SELECT lines FROM sale"))
    assert (hq.count("sale"), hq.count("sale_line")) == (count, sold)
    assert reports.daily(hq.office.dialect)[0]["lines"] == sold
    holds(hq)


def test_parts_that_came_earlier_are_found_for_the_last_entry_of_a_long_batch(hq):
    till = JournalingTill()
    till.open()
    part = TransactionPart(transaction_no="T9999", part=1, lines=(line(1, "P1", 1000, 100),))
    uuid = till.part(part)
    hq.take(till)
    first = len(till.records) + 1
    for _ in shopping(till, 90):
        pass
    whole = transaction(9999, [line(1, "P1", 1000, 100), line(2, "P2", 1000, 100)])
    till.sell(msgspec.structs.replace(whole, lines=whole.lines[1:], parts=(uuid,)))
    hq.take(till, first)
    rows = hq.rows(f"SELECT item_code FROM sale_line WHERE seq = {len(till.records)}")
    assert sorted(rows) == [("P1",), ("P2",)]
    holds(hq)


def test_an_entry_uuid_that_repeats_late_in_a_long_batch_costs_only_itself(hq):
    till = till_with_sales(90)
    again = till.sell(transaction(91, [line(1, "A", 1000, 500)]), entry_uuid=till.uuids[5])
    assert again == till.uuids[5]
    hq.take(till)
    assert hq.count("sale") == 90
    assert hq.rows("SELECT flags FROM journal WHERE entry_uuid IS NULL") == [("repeat",)]
    holds(hq)


def test_a_lost_part_is_flagged_and_the_rest_counts(hq):
    till = JournalingTill()
    till.open()
    whole = transaction(1, [line(1, "A", 1000, 100)])
    till.sell(msgspec.structs.replace(whole, parts=("no-such-entry",)))
    hq.take(till)
    assert "missing_part" in hq.audit()
    assert reports.daily(hq.office.dialect)[0]["lines"] == 1


def test_line_numbers_that_repeat_do_not_stop_the_sale(hq):
    till = JournalingTill()
    till.open()
    till.sell(
        transaction(
            1,
            [line(1, "A", 1000, 100), line(1, "B", 1000, 100)],
            tenders=[
                Tender(tender_no=1, tender_type="cash", amount_minor=100),
                Tender(tender_no=1, tender_type="wechat", amount_minor=100),
            ],
        )
    )
    assert hq.take(till).quarantined == ()
    assert (hq.count("sale_line"), hq.count("sale_tender")) == (2, 2)


def test_a_declared_loss_is_kept_for_audit(hq):
    till = JournalingTill()
    till.open("restore")
    till.append(EntryKind.DECLARED_LOST, DeclaredLost(epoch="old", from_seq=7))
    hq.take(till)
    assert "declared_lost" in hq.audit()


def test_an_empty_batch_can_retire_an_epoch(hq):
    till = till_with_sales(2)
    hq.take(till)
    head = till.head
    answer = hq.engine.take(
        hq.source(till),
        Batch(epoch="epoch-1", first_seq=5, prev_hash=head, records=[], final_seq=4),
    )
    assert answer.acked_seq == 4
    assert hq.rows("SELECT state FROM epoch") == [("retired",)]


def test_two_workstations_and_two_stores_never_mix(hq):
    a = till_with_sales(5)
    b = till_with_sales(5, workstation_id="2", workstation_uuid="uuid-2", seed=2)
    c = till_with_sales(5, store_id="02", workstation_uuid="uuid-3", seed=3, currency="GBP")
    for till in (a, b, c):
        hq.take(till)
    rows = {
        (r["store_id"], r["currency"]): r["transactions"] for r in reports.daily(hq.office.dialect)
    }
    assert rows == {("01", "CNY"): 10, ("02", "GBP"): 5}
    by = reports.daily(hq.office.dialect, by="workstation", store_id="01")
    assert [r["workstation_id"] for r in by] == ["1", "2"]
    holds(hq)


def test_ingest_that_fails_before_commit_leaves_nothing_and_the_same_bytes_are_taken_later(
    hq, monkeypatch
):
    till = till_with_sales(4)
    hq.source(till)

    def broken(*_):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(projections, "write", broken)
        with pytest.raises(RuntimeError):
            hq.take(till)
    assert (hq.count("journal"), hq.count("epoch"), hq.count("sales_audit")) == (0, 0, 0)
    assert hq.take(till).acked_seq == 6
    holds(hq)


@pytest.mark.parametrize("seed", range(6))
def test_any_cutting_repeating_and_interleaving_gives_identical_tables(hq, tmp_path, seed):
    tills = [
        till_with_sales(12),
        till_with_sales(12, workstation_id="2", workstation_uuid="uuid-2", seed=5),
    ]
    for till in tills:
        till.close_day()
    plain = make_office(tmp_path / f"plain-{seed}")
    for till in tills:
        plain.take(till)
    chance = random.Random(seed)
    acked = dict.fromkeys(range(len(tills)), 0)
    for till in tills:  # enrolled in the same order
        hq.source(till)
    while any(acked[i] < len(till.records) for i, till in enumerate(tills)):
        which = chance.randrange(len(tills))
        till = tills[which]
        first = max(1, chance.randint(acked[which] - 3, acked[which] + 1))
        last = min(len(till.records), first + chance.randint(0, 6))
        for _ in range(chance.choice([1, 1, 2])):
            answer = hq.take(till, first, last)
        acked[which] = answer.acked_seq
    assert projections.digest(hq.office.dialect) == projections.digest(plain.office.dialect)
    holds(hq)
    plain.office.close()


def test_verification_notices_what_was_changed_by_hand(hq):
    till = till_with_sales(4)
    hq.take(till)
    holds(hq)
    hq.office.dialect.execute("UPDATE sale SET total_minor = 1")
    assert "sale" in " ".join(upkeep.verify(hq.office).problems)
    projections.rebuild(hq.office.dialect)
    holds(hq)
    hq.office.dialect.execute("UPDATE journal SET bytes = ? WHERE seq = 3", (b"{}",))
    assert any("does not give its hash" in p for p in upkeep.verify(hq.office).problems)


def test_verification_notices_a_missing_entry_and_a_wrong_watermark(hq):
    till = till_with_sales(4)
    hq.take(till)
    hq.office.dialect.execute("DELETE FROM journal WHERE seq = 6")
    assert any("watermark 6" in p for p in upkeep.verify(hq.office).problems)


def test_the_chain_of_a_batch_is_checked_entry_by_entry(hq):
    till = till_with_sales(3)
    data = [d for _, d in till.records]
    wrong = chain_hash(GENESIS_HASH, b"something else")
    till.records[2] = (wrong, data[2])
    digest = wrong
    for i in range(3, len(data)):
        digest = chain_hash(digest, data[i])
        till.records[i] = (digest, data[i])
    assert hq.take(till).quarantined == (3,)


def test_kinds_of_lines_come_out_as_the_definitions_say(hq):
    till = JournalingTill()
    till.open()
    till.sell(
        transaction(
            1,
            [
                line(1, "A", 2000, 400, discount_minor=20, description="first"),
                line(2, "A", -1000, -200, kind=LineKind.RETURN, description="last"),
                line(3, "a", -500, -50, kind=LineKind.VOID, description=""),
                line(4, "B", -3000, 0, kind=LineKind.ADJUST),
                line(5, "", 1000, 3, kind=LineKind.OTHER, description="rounding"),
            ],
        )
    )
    till.sell(
        transaction(
            2,
            [],
            tenders=[
                Tender(tender_no=1, tender_type="cash", amount_minor=500),
                Tender(tender_no=2, tender_type="card", amount_minor=-500),
            ],
        )
    )
    hq.take(till)
    assert reports.daily(hq.office.dialect) == [
        {
            "store_id": "01",
            "business_day": DAY,
            "currency": "CNY",
            "transactions": 1,
            "lines": 5,
            "sale_lines": 1,
            "return_lines": 1,
            "void_lines": 1,
            "adjust_lines": 1,
            "other_lines": 1,
            "units_sold": "2",
            "units_returned": "1",
            "units_voided": "0.5",
            "units_adjusted": "3",
            "gross_sales": "4.00",
            "returns": "2.00",
            "voids": "0.50",
            "other": "0.03",
            "net": "1.53",
            "discounts": "0.20",
        }
    ]
    items = {r["item_code"]: r for r in reports.daily(hq.office.dialect, by="item")}
    assert set(items) == {"A", "a", "B", ""}
    assert (items["A"]["description"], items["A"]["transactions"], items["A"]["net"]) == (
        "last",
        1,
        "2.00",
    )
    tenders = reports.daily(hq.office.dialect, by="tender")
    assert [(r["tender_type"], r["transactions"], r["tenders"], r["amount"]) for r in tenders] == [
        ("card", 1, 1, "-5.00"),
        ("cash", 2, 2, "6.53"),
    ]
    assert [r["hour"] for r in reports.daily(hq.office.dialect, by="hour")] == ["09"]
    assert dict(hq.rows("SELECT item_code, quantity_milli FROM stock_on_hand")) == {
        "A": -1000,
        "a": 500,
        "B": -3000,
    }


def test_a_store_without_sales_is_a_row_of_zeros(hq):
    from sync.head_office import stores

    stores.add_store(hq.office, "01")
    stores.add_store(hq.office, "02", currency="GBP")
    rows = reports.daily(hq.office.dialect, business_day=DAY)
    assert [(r["store_id"], r["currency"], r["lines"], r["net"]) for r in rows] == [
        ("01", "CNY", 0, "0.00"),
        ("02", "GBP", 0, "0.00"),
    ]
    assert reports.daily(hq.office.dialect, business_day=DAY, by="item") == []
