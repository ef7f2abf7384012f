"""Claims and goods set apart: discrepancy documents answered, mixed goods judged (STK-06).

A store's discrepancy document (short, over, damaged, wrong) is a claim against its supplier or
sender; head office answers it. Goods set apart wait for the goods department, whose judgement goes
down as an order that the store carries out under two signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.domain.goods.receiving import Difference
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from sync.head_office import goods_items, goods_received, rights, stock_cards
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.goods_received import GoodsPaper, PaperLine
from sync.head_office.order_documents import OrderDocument, OrderState
from sync.head_office.people import Person
from sync.head_office.refusals import refused

SHOWN_DAYS = 370


class ClaimAnswer(StrEnum):
    """What became of a claim."""

    ACCEPTED = "accepted"
    """Supplier or sender bears it."""

    CREDITED = "credited"
    REPLACED = "replaced"
    REFUSED = "refused"


class Verdict(StrEnum):
    """What is done with goods set apart."""

    BACK = "back"
    """Back into stock for sale."""

    RETURN = "return"
    """To the goods department or the supplier."""

    SCRAP = "scrap"


AT_TILLS: Final = {Verdict.BACK: "back", Verdict.RETURN: "out", Verdict.SCRAP: "out"}
"""Words of a judgement order: back into stock, or out of the shop; `how` says which way."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A discrepancy document and its answers, the latest last."""

    paper: GoodsPaper
    answers: tuple[Answered, ...] = ()
    failed: dict[int, tuple[str, ...]] = {}
    """Line → points of the checklist that were answered with no (RCV-05)."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a claim; a later one stands beside it, none is changed."""

    answer: str
    amount_minor: int
    note: str
    by_name: str
    at_utc_ms: int


class SetApart(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of one store that wait for judgement."""

    store_id: str
    item_code: str
    description: str
    batch: str
    quantity_milli: int
    ordered_milli: int
    """Of it, judged already and not carried out yet."""


class Claims:
    """Claims and judgements of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.office = orders.office
        self.dialect = orders.dialect

    # --------------------------------------------------------------------- claims

    def all(self, *, store_id: str = "", open_only: bool = False, limit: int = 200) -> list[Claim]:
        """Claims of the last year, the latest first."""
        papers = goods_received.papers(
            self.dialect,
            ("discrepancy",),
            store_id=store_id,
            since_day=goods_received.day_before(self.office.clock_ms(), SHOWN_DAYS),
            limit=limit,
        )
        found = [
            Claim(
                paper=paper,
                answers=self._answers(paper.store_id, paper.document_uuid),
                failed=self._failed(paper),
            )
            for paper in papers
        ]
        return [claim for claim in found if not (open_only and claim.answers)]

    def answer(
        self,
        person: Person,
        store_id: str,
        document_uuid: str,
        answer: str,
        *,
        amount_minor: int = 0,
        note: str = "",
    ) -> Claim:
        """Answer a claim; `amount_minor` is what is credited. Raises NotAllowed, LookupError."""
        rights.require(person.name, person.role, rights.CLAIM_ANSWER)
        wanted = ClaimAnswer(answer)
        if amount_minor < 0 or amount_minor > 10**12:
            raise refused("amount", N_("Expected an amount of at least zero."))
        if wanted is ClaimAnswer.REFUSED and not note.strip():
            raise refused("note", N_("Expected a reason for refusing."))
        with self.dialect.transaction():
            found = goods_received.papers(
                self.dialect, ("discrepancy",), store_id=store_id, document_uuid=document_uuid
            )
            if not found:
                raise LookupError(f"store {store_id!r} has no claim {document_uuid[:60]!r}")
            number = len(self._answers(store_id, document_uuid)) + 1
            self.dialect.execute(
                "INSERT INTO claim_answer (store_id, document_uuid, answer_no, answer, "
                "amount_minor, note, by_name, at_utc_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    store_id,
                    document_uuid,
                    number,
                    wanted.value,
                    amount_minor,
                    note.strip()[:200],
                    person.name,
                    self.office.clock_ms(),
                ),
            )
            return Claim(paper=found[0], answers=self._answers(store_id, document_uuid))

    def _failed(self, paper: GoodsPaper) -> dict[int, tuple[str, ...]]:
        """Which points failed, as the document itself says; only lines that are not as required."""
        if not any(line.reason == Difference.CHECKLIST for line in paper.lines):
            return {}
        row = self.dialect.one(
            "SELECT workstation_no, epoch_no, seq FROM goods_document "
            "WHERE store_id = ? AND document_uuid = ? AND state = 'posted' "
            "ORDER BY workstation_no, epoch_no, seq LIMIT 1",
            (paper.store_id, paper.document_uuid),
        )
        if row is None:
            return {}
        key = f"{row[0]}/{row[1]}/{row[2]}"
        shown = stock_cards.document(self.dialect, paper.store_id, key)
        return {line.line_no: line.failed_checks for line in shown.lines if line.failed_checks}

    def _answers(self, store_id: str, document_uuid: str) -> tuple[Answered, ...]:
        rows = self.dialect.query(
            "SELECT answer, amount_minor, note, by_name, at_utc_ms FROM claim_answer "
            "WHERE store_id = ? AND document_uuid = ? ORDER BY answer_no",
            (store_id, document_uuid),
        )
        return tuple(
            Answered(
                answer=str(row[0]),
                amount_minor=int(row[1]),
                note=str(row[2]),
                by_name=str(row[3]),
                at_utc_ms=int(row[4]),
            )
            for row in rows
        )

    # ----------------------------------------------------------------- judgements

    def set_apart(self, store_id: str = "") -> list[SetApart]:
        """Goods at the place `judge` of each store, with what was judged of them already."""
        where, values = (" AND store_id = ?", (store_id,)) if store_id else ("", ())
        rows = self.dialect.query(
            "SELECT store_id, item_code, batch, SUM(quantity_milli) FROM stock_move "
            f"WHERE place = 'judge' AND store_id {goods_received.IN_STORES}{where} "
            "GROUP BY store_id, item_code, batch HAVING SUM(quantity_milli) <> 0 "
            "ORDER BY store_id, item_code, batch",
            values,
        )
        judged = self._judged()
        found: list[SetApart] = []
        for store, item_code, batch, quantity in rows:
            item = goods_items.items(self.dialect, [str(item_code)], str(store)).get(
                str(item_code)
            )
            found.append(
                SetApart(
                    store_id=str(store),
                    item_code=str(item_code),
                    description=item.name if item else "",
                    batch=str(batch),
                    quantity_milli=int(quantity),
                    ordered_milli=judged.get((str(store), str(item_code), str(batch)), 0),
                )
            )
        return found

    def judge(
        self,
        person: Person,
        *,
        store_id: str,
        item_code: str,
        batch: str,
        quantity_milli: int,
        verdict: str,
        note: str = "",
    ) -> OrderDocument:
        """Order a store to put goods back into stock, send them back or scrap them.

        Raises NotAllowed, and ValueError for more than waits there without a judgement.
        """
        rights.require(person.name, person.role, rights.JUDGE)
        wanted = Verdict(verdict)
        with self.dialect.transaction():
            waiting = [
                one
                for one in self.set_apart(store_id)
                if one.item_code == item_code and one.batch == batch
            ]
            left = sum(one.quantity_milli - one.ordered_milli for one in waiting)
            if not 0 < quantity_milli <= left:
                raise refused(
                    "quantity",
                    N_("Expected more than 0 and at most %(most)s."),
                    most=format_quantity(left),
                )
            lines = goods_items.named(
                self.dialect,
                store_id,
                [
                    OrderLine(
                        line_no=1,
                        item_code=item_code,
                        quantity_milli=quantity_milli,
                        batch=batch,
                        reason=AT_TILLS[wanted],
                    )
                ],
            )
            number = self.orders.new_number(store_id, OrderKind.JUDGEMENT)
            order = Order(
                order_id=number,
                order_no=number,
                order_kind=OrderKind.JUDGEMENT.value,
                lines=lines,
                fields={
                    "verdict": AT_TILLS[wanted],
                    "how": wanted.value,
                    "judged_by": person.name,
                },
                note=note.strip()[:200],
            )
            self.orders.enter(store_id, order, by=person.name, state=OrderState.PLACED)
            self.orders.publish_order(store_id, order, by=person.name)
            return self.orders.get(store_id, number)

    def _judged(self) -> dict[tuple[str, str, str], int]:
        found: dict[tuple[str, str, str], int] = {}
        for kept in self.orders.documents(
            kinds=(OrderKind.JUDGEMENT,), states=(OrderState.PLACED,), limit=2_000
        ):
            for line in kept.order.lines:
                key = (kept.store_id, line.item_code, line.batch)
                found[key] = found.get(key, 0) + line.quantity_milli
        return found


def claim_rows(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    """One row for each line of each claim, for a sheet."""
    return [_claim_row(claim, line) for claim in claims for line in claim.paper.lines]


def _claim_row(claim: Claim, line: PaperLine) -> dict[str, Any]:
    last = claim.answers[-1] if claim.answers else None
    return {
        "store_id": claim.paper.store_id,
        "business_day": claim.paper.business_day,
        "document_no": claim.paper.document_no,
        "supplier_id": claim.paper.counterparty_id,
        "supplier_name": claim.paper.counterparty_name,
        "item_code": line.item_code,
        "description": line.description,
        "expected_milli": line.expected_milli or 0,
        "delivered_milli": line.delivered_milli,
        "received_milli": line.received_milli,
        "rejected_milli": line.rejected_milli,
        "quantity_milli": line.quantity_milli,
        "reason": line.reason,
        "failed_checks": " ".join(claim.failed.get(line.line_no, ())),
        "answer": last.answer if last else "",
        "amount_minor": last.amount_minor if last else 0,
        "note": last.note if last else "",
    }
