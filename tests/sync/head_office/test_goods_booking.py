"""Goods at head office: booked by the rule of two signatures, once, and rebuilt the same (RCV-03, I3)."""

from __future__ import annotations

import random

import msgspec
import pytest

from pos.domain.goods.counting import CountAction, CountEvent, CountScan, CountScans, Tag
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from pos.domain.journal import EntryKind
from pos.domain.stock import Place
from sync.head_office import projections, quarantine, stock_fold, upkeep
from tests.sync.head_office.goods_kit import document, goods_line, note, post, post_in_parts
from tests.sync.head_office.office_kit import (
    NOW_MS,
    JournalingTill,
    line,
    make_office,
    transaction,
)


def a_till(**more):
    till = JournalingTill(**more)
    till.open()
    till.open_day()
    return till


def ledger(hq):
    """(item, place, batch) → Σ, by the view; sums of nothing left out."""
    rows = hq.rows(
        "SELECT item_code, place, batch, SUM(quantity_milli) FROM stock_ledger "
        "GROUP BY item_code, place, batch"
    )
    return {row[:3]: int(row[3]) for row in rows if row[3]}


def balances(hq):
    """The same by what is folded."""
    stock_fold.fold_all(hq.office.dialect)
    rows = hq.rows("SELECT item_code, place, batch, quantity_milli FROM stock_balance")
    return {row[:3]: int(row[3]) for row in rows if row[3]}


def holds(hq):
    result = upkeep.verify(hq.office)
    assert not result.problems, result.problems


def test_a_receipt_signed_by_two_raises_stock_and_its_row_names_both(hq):
    till = a_till()
    post(till, document("d1", [goods_line(1, "A", 5), goods_line(2, "B", 2, batch="L1")]))
    hq.take(till)
    assert ledger(hq) == balances(hq) == {("A", "", ""): 5000, ("B", "", "L1"): 2000}
    assert hq.rows("SELECT state, problem, inspected_by, checked_by FROM goods_document") == [
        ("posted", "", "3001 name 3001", "1001 name 1001")
    ]
    assert hq.audit() == set()
    holds(hq)


@pytest.mark.parametrize(
    ("tampered", "finding"),
    [
        (
            lambda made: msgspec.structs.replace(made, signatures=made.signatures[:1]),
            "single_signature",
        ),
        (lambda made: msgspec.structs.replace(made, signatures=()), "single_signature"),
        (
            lambda made: document("d1", made.lines, people=("3001", "3001")),
            "same_person",
        ),
        (
            lambda made: msgspec.structs.replace(
                made, lines=(msgspec.structs.replace(made.lines[0], quantity_milli=500_000),)
            ),
            "signature_mismatch",
        ),
        (
            lambda made: document("d1", [goods_line(1, "A", -5)]),
            "negative_quantity",
        ),
        (
            lambda made: document("d1", [goods_line(1, "A"), goods_line(1, "B")]),
            "double_line",
        ),
        (
            lambda made: document("d1", [goods_line(1, "A", 2, unit_codes=("S1",))]),
            "unit_count",
        ),
    ],
)
def test_rcv_03_a_tampered_tills_document_is_kept_and_books_no_stock_and_the_queue_goes_on(
    hq, tampered, finding
):
    till = a_till()
    made = tampered(document("d1", [goods_line(1, "A", 5)]))
    post(till, made)
    till.sell(transaction(1, [line(1, "B", 1000, 100)]))
    assert hq.take(till).acked_seq == len(till.records)
    assert ledger(hq) == balances(hq) == {("B", "", ""): -1000}
    assert finding in hq.audit()
    ((state, problem, lines),) = hq.rows("SELECT state, problem, line_count FROM goods_document")
    assert state == "refused"
    assert finding in problem.split()
    assert lines == hq.count("goods_line") == len(made.lines)
    (kept,) = hq.rows("SELECT bytes FROM journal WHERE kind = 'goods_document'")
    assert bytes(kept[0]) == till.records[2][1]
    holds(hq)


def test_what_moves_nothing_needs_no_signature(hq):
    till = a_till()
    post(till, document("q1", [goods_line(1, "A", 5)], kind=DocumentKind.REQUISITION, people=()))
    hq.take(till)
    assert (ledger(hq), hq.audit()) == ({}, set())
    assert hq.rows("SELECT state FROM goods_document") == [("posted",)]


def test_goods_lent_and_reserved_are_accounts_of_their_own(hq):
    till = a_till()
    post(till, document("r", [goods_line(1, "A", 9)]))
    post(till, document("l", [goods_line(1, "A", 2)], kind=DocumentKind.LOAN_OUT))
    post(till, document("h", [goods_line(1, "A", 1)], kind=DocumentKind.DISPATCH_HOLD, people=()))
    post(till, document("j", [goods_line(1, "A", 3)], kind=DocumentKind.TO_JUDGE))
    post(till, document("o", [goods_line(1, "A", 1)], kind=DocumentKind.JUDGED_OUT))
    hq.take(till)
    assert (
        ledger(hq)
        == balances(hq)
        == {
            ("A", Place.SHOP, ""): 4000,
            ("A", Place.LOAN, ""): 2000,
            ("A", Place.RESERVED, ""): 1000,
            ("A", Place.JUDGE, ""): 2000,
        }
    )
    assert hq.rows("SELECT item_code, quantity_milli FROM stock_on_hand") == [("A", 4000)]


def test_a_long_documents_parts_may_come_in_an_earlier_batch_and_a_missing_one_books_nothing(hq):
    till = a_till()
    lines = [goods_line(number, f"I{number}", number) for number in range(1, 8)]
    post_in_parts(till, document("long", lines))
    hq.take(till, 1, 4)
    hq.take(till, 5)
    assert sum(balances(hq).values()) == 28_000
    assert hq.audit() == set()
    other = a_till(workstation_uuid="uuid-2", workstation_id="2")
    made = document("short", lines)
    post(other, msgspec.structs.replace(made, lines=made.lines[3:], parts=("never sent",)))
    hq.take(other)
    assert "missing_part" in hq.audit()
    assert sum(balances(hq).values()) == 28_000
    holds(hq)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("folded", [False, True])
def test_a_document_posted_by_two_tills_is_booked_once_whichever_came_first(hq, order, folded):
    tills = [a_till(), a_till(workstation_uuid="uuid-2", workstation_id="2")]
    for till in tills:
        hq.source(till)
        till.sell(transaction(1, [line(1, "A", 1000, 100)]))
        post(till, document("twice", [goods_line(1, "A", 5, unit_cost_e4=10_000)]))
    for number in order:
        hq.take(tills[number])
        if folded:
            stock_fold.fold_all(hq.office.dialect)
    assert ledger(hq) == balances(hq) == {("A", "", ""): 3000}
    assert hq.rows("SELECT workstation_no, state FROM goods_document ORDER BY workstation_no") == [
        (1, "posted"),
        (2, "double"),
    ]
    assert "double_document" in hq.audit()
    holds(hq)


def test_a_document_posted_twice_in_one_batch_is_booked_once(hq):
    till = a_till()
    for _ in range(2):
        post(till, document("twice", [goods_line(1, "A", 5)]))
    hq.take(till)
    assert balances(hq) == {("A", "", ""): 5000}
    assert "double_document" in hq.audit()


def test_times_are_head_offices_where_the_offset_is_known(hq):
    till = a_till()
    post(till, document("d1", [goods_line(1, "A")]), head_office_offset_ms=-7000)
    till.sell(transaction(1, [line(1, "A", 1000, 100)]), head_office_offset_ms=500)
    hq.take(till)
    assert hq.rows("SELECT at_utc_ms FROM stock_ledger ORDER BY seq") == [
        (NOW_MS + 3000 - 7000,),
        (NOW_MS + 4000 + 500,),
    ]


def test_a_sales_batch_and_serial_are_in_the_ledger(hq):
    till = a_till()
    post(till, document("d", [goods_line(1, "A", 2, batch="L1", unit_codes=("S1", "S2"))]))
    till.sell(transaction(1, [line(1, "A", 1000, 100, batch="L1", unit_code="S1")]))
    till.sell(transaction(2, [line(1, "B", 1000, 100)]))
    hq.take(till)
    assert ledger(hq) == balances(hq) == {("A", "", "L1"): 1000, ("B", "", ""): -1000}
    assert hq.rows(
        "SELECT quantity_milli FROM stock_ledger WHERE unit_code = 'S1' ORDER BY seq"
    ) == [(1000,), (-1000,)]
    holds(hq)


def test_registers_and_counts_are_rows(hq):
    till = a_till()
    note(
        till,
        Register.ARRIVAL,
        "order-1",
        "received",
        quantity_milli=5000,
        fields={"b": "2", "a": "1"},
    )
    event = CountEvent(count_id="c1", action=CountAction.OPENED, item_classes=("烟",))
    till.append(EntryKind.COUNT_EVENT, event)
    scans = CountScans(
        count_id="c1",
        pass_no=1,
        area="前",
        counter_id="1001",
        scans=(
            CountScan(item_code="A", quantity_milli=3000, at_utc_ms=NOW_MS, after_seq=4),
            CountScan(
                item_code="A", quantity_milli=1000, at_utc_ms=NOW_MS, after_seq=4, tag=Tag.LOST
            ),
        ),
    )
    till.append(EntryKind.COUNT_SCANS, scans, head_office_offset_ms=100)
    hq.take(till)
    assert hq.rows(
        "SELECT register, subject, action, quantity_milli, fields FROM register_note"
    ) == [("arrival", "order-1", "received", 5000, '{"a":"1","b":"2"}')]
    assert hq.rows("SELECT count_id, action, item_classes FROM count_event") == [
        ("c1", "opened", '["烟"]')
    ]
    assert hq.rows("SELECT scan_no, quantity_milli, tag, at_utc_ms FROM count_scan") == [
        (1, 3000, "", NOW_MS + 100),
        (2, 1000, "lost", NOW_MS + 100),
    ]
    holds(hq)


def test_a_newer_tills_kind_of_document_and_unknown_fields_are_kept_and_the_queue_goes_on(hq):
    till = a_till()
    made = msgspec.to_builtins(document("n1", [goods_line(1, "A", 5)]))
    till.append(EntryKind.GOODS_DOCUMENT, {**made, "document_kind": "swap"})
    newer = msgspec.to_builtins(document("n2", [goods_line(1, "A", 5)]))
    newer["lines"][0]["colour"] = "red"
    for one in newer["signatures"]:
        one["sha256"] = "ab" * 32  # signed with the colour in it, which is not known here
    till.append(EntryKind.GOODS_DOCUMENT, newer)
    single = {**newer, "document_uuid": "n3", "signatures": newer["signatures"][:1]}
    till.append(EntryKind.GOODS_DOCUMENT, single)
    hq.take(till)
    assert {"unknown_document_kind", "signature_unverified", "single_signature"} <= hq.audit()
    assert hq.rows("SELECT document_uuid, state FROM goods_document ORDER BY seq") == [
        ("n1", "refused"),
        ("n2", "posted"),
        ("n3", "refused"),
    ]
    assert balances(hq) == {("A", "", ""): 5000}
    holds(hq)


def test_a_released_entry_is_folded_although_later_ones_are(hq):
    till = a_till()
    post(till, document("d1", [goods_line(1, "A", 5)]))
    digest, data = till.records.pop()
    till.append_bytes(data, stated=b"\1" * 32)
    till.sell(transaction(1, [line(1, "A", 1000, 100)]))
    hq.take(till)
    assert balances(hq) == {("A", "", ""): -1000}
    (held,) = quarantine.listed(hq.office)
    assert quarantine.release(hq.office, held.key, by="审计") == quarantine.RELEASED
    assert ledger(hq) == balances(hq) == {("A", "", ""): 4000}
    holds(hq)
    assert digest


@pytest.mark.parametrize("seed", range(5))
def test_i3_any_cutting_and_interleaving_gives_the_tables_of_a_rebuild(hq, tmp_path, seed):
    chance = random.Random(seed)
    tills = [
        a_till(workstation_uuid=f"uuid-{n}", workstation_id=str(n), seed=n) for n in (1, 2, 3)
    ]
    kinds = [
        DocumentKind.RECEIPT,
        DocumentKind.SCRAP,
        DocumentKind.LOAN_OUT,
        DocumentKind.TO_JUDGE,
    ]
    for number in range(60):
        till = chance.choice(tills)
        code, offset = chance.choice("ABC"), chance.choice([None, -5000, 70_000])
        if chance.random() < 0.5:
            body = transaction(number, [line(1, code, 1000, 100)])
            till.sell(body, head_office_offset_ms=offset)
        else:
            made = document(
                f"d{chance.randint(1, 25)}",  # some uuids come twice, also with other contents
                [
                    goods_line(
                        1, code, chance.randint(1, 9), unit_cost_e4=chance.choice([None, 9, 700])
                    )
                ],
                kind=chance.choice(kinds),
                people=chance.choice([("3001", "1001"), ("3001", "1001"), ("3001",)]),
            )
            post(till, made, head_office_offset_ms=offset)
    plain = make_office(tmp_path / f"plain-{seed}")
    for till in tills:
        plain.take(till)
        hq.source(till)
    acked = [0, 0, 0]
    while any(acked[i] < len(till.records) for i, till in enumerate(tills)):
        which = chance.randrange(3)
        first = max(1, min(acked[which] + 1, len(tills[which].records)))
        acked[which] = hq.take(tills[which], first, first + chance.randint(0, 5)).acked_seq
        if chance.random() < 0.3:
            stock_fold.fold_step(hq.office.dialect, entries=chance.choice([1, 3, 1000]))
    assert projections.digest(hq.office.dialect) == projections.digest(plain.office.dialect)
    assert hq.count("stock_cost") > 0
    assert ledger(hq) == balances(hq)
    holds(hq)
    plain.office.close()
