"""Transfers told to both stores once and matched (STK-13); shop and company ledger proven (STK-03)."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order, OrderKind
from pos.domain.goods.registers import Register
from pos.domain.stock_proof import DAY_PROOF, ledger_sha256
from sync.head_office import goods_transfers, ledger_proofs, stock_fold
from sync.head_office.database import HeadOffice
from sync.head_office.goods_jobs import GoodsJobs
from sync.head_office.service import Service
from sync.head_office.worker import Worker
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import (
    DAY,
    NOW_MS,
    JournalingTill,
    line,
    make_office,
    transaction,
)


def a_till(store_id="01", **more):
    till = JournalingTill(store_id=store_id, **more)
    till.open()
    till.open_day()
    return till


def two_stores(hq):
    tills = a_till(), a_till("02", workstation_uuid="uuid-2")
    for till in tills:
        hq.source(till)
    return tills


def send(till, uuid="t1", pieces=5, to="02", **more):
    post(
        till,
        document(
            uuid,
            [goods_line(1, "A", pieces, batch="L1", unit_cost_e4=20_000), goods_line(2, "B", 2)],
            kind=DocumentKind.TRANSFER_OUT,
            counterparty_id=to,
            **more,
        ),
    )


def receive(till, uuid="r1", pieces=5, reference="t1", **more):
    post(
        till,
        document(
            uuid,
            [goods_line(1, "A", pieces, batch="L1", unit_cost_e4=20_000), goods_line(2, "B", 2)],
            kind=DocumentKind.TRANSFER_IN,
            reference=reference,
            counterparty_id="01",
            **more,
        ),
    )


def orders_of(hq, store_id):
    """order_id → state, as the store was told last."""
    rows = hq.rows("SELECT row FROM catalogue WHERE dataset = 'orders' AND scope = ?", store_id)
    found = [msgspec.json.decode(bytes(row[0]), type=Order) for row in rows]
    return {order.order_id: order for order in found}


def publications(hq):
    return hq.count("publication")


# --------------------------------------------------------------------------------- transfers


def test_stk_13_a_sent_transfer_is_told_to_both_stores_and_done_when_it_arrived(hq):
    sender, receiver = two_stores(hq)
    send(sender)
    hq.take(sender)
    hq.engine.goods_jobs.run()
    order, ours = orders_of(hq, "02")["t1"], orders_of(hq, "01")["t1"]
    assert (order.order_kind, order.state, order.counterparty_id) == ("transfer", "open", "01")
    assert (ours.state, ours.counterparty_id, ours.fields["document_no"]) == (
        "open",
        "02",
        "NO-t1",
    )
    assert [
        (one.item_code, one.quantity_milli, one.batch, one.unit_cost_e4) for one in order.lines
    ] == [
        ("A", 5000, "L1", 20_000),
        ("B", 2000, "", None),
    ]
    (under_way,) = goods_transfers.transfers(hq.office.dialect)
    assert (under_way.arrived, under_way.age_days(NOW_MS + 5 * 86_400_000)) == (False, 4)
    receive(receiver)
    hq.take(receiver)
    hq.engine.goods_jobs.run()
    assert {orders_of(hq, store)["t1"].state for store in ("01", "02")} == {"done"}
    (arrived,) = goods_transfers.transfers(hq.office.dialect)
    assert (arrived.received_no, arrived.received_milli) == ("NO-r1", 7000)
    assert goods_transfers.transfers(hq.office.dialect, only_open=True) == []


def test_each_is_told_exactly_once_whoever_restarts_and_whatever_comes_twice(hq):
    sender, receiver = two_stores(hq)
    send(sender)
    hq.take(sender)
    GoodsJobs(hq.office).run()
    once = publications(hq)
    GoodsJobs(hq.office).run()
    hq.take(sender)
    hq.engine.goods_jobs.look_at("01")
    hq.engine.goods_jobs.run()
    assert publications(hq) == once == 2
    receive(receiver)
    hq.take(receiver)
    for _ in range(2):
        GoodsJobs(hq.office).run()
    assert publications(hq) == 4


def test_a_stop_between_two_tellings_leaves_nothing_half_told(hq, monkeypatch):
    sender, _ = two_stores(hq)
    send(sender)
    hq.take(sender)
    jobs = GoodsJobs(hq.office)
    real, calls = jobs.orders.publish_order, []

    def dies(store_id, order, **more):
        calls.append(store_id)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return real(store_id, order, **more)

    monkeypatch.setattr(jobs.orders, "publish_order", dies)
    with pytest.raises(RuntimeError):
        jobs.run()
    assert (publications(hq), hq.count("transfer_order")) == (0, 0)
    monkeypatch.undo()
    jobs.run()
    assert publications(hq) == 2


def test_the_receiving_half_that_is_booked_first_ends_it_once_the_sending_one_came(hq):
    sender, receiver = two_stores(hq)
    receive(receiver)
    hq.take(receiver)
    hq.engine.goods_jobs.run()
    send(sender)
    hq.take(sender)
    hq.engine.goods_jobs.run()
    assert {orders_of(hq, store)["t1"].state for store in ("01", "02")} == {"done"}


def test_r9_two_tills_that_receive_one_transfer_book_both_and_sales_audit_hears_of_it(hq):
    sender, receiver = two_stores(hq)
    other = a_till("02", workstation_uuid="uuid-3", workstation_id="02")
    hq.source(other)
    send(sender)
    receive(receiver)
    for till in (sender, receiver):
        hq.take(till)
    hq.engine.goods_jobs.run()
    assert goods_transfers.OVER not in hq.audit()  # what was sent came, once
    receive(other, uuid="r2")
    hq.take(other)
    for _ in range(2):
        hq.engine.goods_jobs.look_at("02")
        hq.engine.goods_jobs.run()
    (finding,) = hq.rows(
        "SELECT store_id, subject, detail FROM sales_audit WHERE code = ?", "over_received"
    )
    assert finding == ("02", "t1", "NO-t1: 14 received of 7 sent, last by NO-r2")
    (found,) = goods_transfers.transfers(hq.office.dialect)
    assert found.received_milli == 14_000


def test_what_arrived_short_is_a_difference_of_that_item(hq):
    sender, receiver = two_stores(hq)
    send(sender, pieces=5)
    receive(receiver, pieces=3)
    hq.take(sender)
    hq.take(receiver)
    hq.engine.goods_jobs.run()
    (found,) = goods_transfers.transfers(hq.office.dialect)
    lines = goods_transfers.lines_of(hq.office.dialect, found)
    assert [(one.item_code, one.difference_milli) for one in lines] == [("A", -2000), ("B", 0)]


def test_goods_for_a_store_that_nobody_knows_are_a_finding_and_are_told_when_it_is_added(hq):
    from sync.head_office import stores

    sender, _ = two_stores(hq)
    send(sender, to="09")
    hq.take(sender)
    hq.engine.goods_jobs.run()
    assert "unknown_destination" in hq.audit()
    assert publications(hq) == 0
    stores.add_store(hq.office, "09")
    hq.engine.goods_jobs.look_at("01")
    hq.engine.goods_jobs.run()
    assert orders_of(hq, "09")["t1"].state == "open"


def test_a_transfer_that_head_office_asked_for_ends_the_asking(hq):
    sender, _ = two_stores(hq)
    asked = Order(
        order_id="TR1",
        order_kind=OrderKind.TRANSFER.value,
        counterparty_id="02",
        fields={"from_store": "01", "to_store": "02"},
    )
    hq.engine.goods_jobs.orders.publish_order("01", asked)
    send(sender, reference="TR1")
    hq.take(sender)
    hq.engine.goods_jobs.run()
    assert orders_of(hq, "01")["TR1"].state == "done"
    assert orders_of(hq, "02")["t1"].state == "open"


def test_a_sending_half_signed_by_one_is_told_to_nobody(hq):
    sender, _ = two_stores(hq)
    send(sender, people=("3001",))
    hq.take(sender)
    hq.engine.goods_jobs.run()
    assert (publications(hq), goods_transfers.transfers(hq.office.dialect)) == (0, [])


# ---------------------------------------------------------------------------------- the proof


def prove(till, rows, day=DAY, **wrong):
    """The till's note at the day's close over (item, place, batch, reason, quantity)."""
    fields = {
        "movements": str(len(rows)),
        "sum_milli": str(sum(row[4] for row in rows)),
        "sha256": ledger_sha256(rows),
        "closing_milli": "9000",
    } | wrong
    note(till, Register.BOOKS, day, DAY_PROOF, fields=fields)


MOVED = [
    ("A", "", "", "receipt", 9000),
    ("A", "", "", "sale", -1000),
    ("B", "", "L1", "sale", -2000),
]


def a_traded_day(till):
    post(till, document("d1", [goods_line(1, "A", 9)]))
    till.sell(transaction(1, [line(1, "A", 1000, 100), line(2, "B", 2000, 100, batch="L1")]))


def test_stk_03_shop_and_company_ledger_are_proven_equal(hq):
    till = a_till()
    a_traded_day(till)
    prove(till, MOVED)
    till.sell(transaction(2, [line(1, "A", 1000, 100)]))  # after the note: not in its proof
    hq.take(till)
    hq.engine.goods_jobs.run()
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert (proof.equal, proof.movements, proof.own_movements) == (True, 3, 3)
    assert (proof.business_day, proof.workstation_id, proof.closing_milli) == (DAY, "1", 9000)
    assert "ledger_differs" not in hq.audit()


@pytest.mark.parametrize(
    "wrong", [{"sha256": "ab" * 32}, {"movements": "4"}, {"sum_milli": "x"}, {"sha256": ""}]
)
def test_a_ledger_that_differs_is_found_and_a_later_equal_proof_settles_it(hq, wrong):
    till = a_till()
    a_traded_day(till)
    prove(till, MOVED, **wrong)
    hq.take(till)
    hq.engine.goods_jobs.run()
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert not proof.equal
    assert hq.rows("SELECT subject, resolved_utc_ms FROM sales_audit") == [(f"1/{DAY}", 0)]
    prove(till, MOVED)
    hq.take(till, len(till.records))
    hq.engine.goods_jobs.run()
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert proof.equal
    assert hq.rows("SELECT resolved_utc_ms FROM sales_audit") == [(NOW_MS,)]


@pytest.mark.parametrize(
    ("said", "codes"), [({}, ()), ({"wrong_items": "A,B", "wrong_item_count": "2"}, ("A", "B"))]
)
def test_stk_17_items_that_do_not_add_up_at_the_till_are_known_at_head_office(hq, said, codes):
    till = a_till()
    a_traded_day(till)
    prove(till, MOVED, **said)
    hq.take(till)
    hq.engine.goods_jobs.run()
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert proof.wrong_items == codes
    assert proof.equal  # the movements themselves are the same at both ends


def test_a_refused_document_is_named_as_the_cause_of_the_difference(hq):
    till = a_till()
    post(till, document("bad", [goods_line(1, "A", 5)], people=("3001",)))
    prove(till, [("A", "", "", "receipt", 5000)])
    hq.take(till)
    hq.engine.goods_jobs.run()
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert (proof.equal, proof.own_movements) == (False, 0)
    (cause,) = ledger_proofs.causes(hq.office.dialect, "01", DAY, proof.workstation_no)
    assert (cause.kind, cause.subject, cause.detail) == ("refused", "NO-bad", "single_signature")


def test_what_head_office_has_of_a_day_is_told_by_item(hq):
    till = a_till()
    a_traded_day(till)
    hq.take(till)
    stock_fold.fold_all(hq.office.dialect)
    found = ledger_proofs.shares(hq.office.dialect, "01", DAY, 1)
    assert (
        sorted((s.item_code, s.place, s.batch, s.reason, s.quantity_milli) for s in found) == MOVED
    )


def test_a_day_over_two_epochs_is_proven_from_both(hq):
    till = a_till()
    a_traded_day(till)
    hq.take(till)
    later = a_till(epoch="epoch-2", seed=3)
    later.sell(transaction(3, [line(1, "A", 1000, 100)]))
    prove(later, [*MOVED, ("A", "", "", "sale", -1000)])
    hq.take(later)
    hq.engine.goods_jobs.run()
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert (proof.equal, proof.own_movements) == (True, 4)


def test_a_served_head_office_does_its_work_in_a_quiet_moment(tmp_path):
    made = make_office(tmp_path)
    sender, _ = two_stores(made)
    send(sender)
    source, batch = made.source(sender), sender.batch()

    def open_office() -> HeadOffice:
        return HeadOffice(made.office.home, made.office.dialect, clock_ms=made.clock)

    async def serve() -> None:
        worker = Worker(open_office)

        def take(service: Service) -> object:
            return service.ingest.take(source, batch)

        def told(service: Service) -> int:
            return len(service.office.dialect.query("SELECT 1 FROM transfer_order"))

        await worker.write(take)
        async with asyncio.timeout(20):
            while not await worker.read(told):  # noqa: ASYNC110 - another thread's doing
                await asyncio.sleep(0.05)
        worker.close()

    asyncio.run(serve())
    assert made.rows("SELECT folded_seq = acked_seq FROM epoch") == [(1,)]
    made.office.close()


def test_a_store_that_never_rests_is_told_of_transfers_and_its_proof_waits_for_the_fold(hq):
    sender, _ = two_stores(hq)
    send(sender)
    a_traded_day(sender)
    for number in range(2_000):
        sender.sell(transaction(number, [line(1, "C", 1000, 100)]))
    hq.take(sender)
    jobs = GoodsJobs(hq.office)
    steps = 0
    while not hq.count("transfer_order"):
        assert jobs.step()
        steps += 1
    assert stock_fold.is_behind(hq.office.dialect, "01")
    assert steps <= 10
    prove(sender, [("A", "", "", "receipt", 1)])
    hq.take(sender, len(sender.records))
    jobs.run()
    assert not stock_fold.is_behind(hq.office.dialect, "01")
    (proof,) = ledger_proofs.proofs(hq.office.dialect)
    assert not proof.equal
