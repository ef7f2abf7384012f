"""What a count found, and posting it: provisional at a till of a chain, final in a lone shop (R14).

A lone shop's till is its own head office: it computes the variance, asks a reason for each line and
posts an adjustment that somebody who did not count has signed (CTL-05). In a chain head office
computes, and the till it names posts the result between sales, once, whatever comes twice (STK-09).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.count_reasons import VarianceReason, reason_problem
from pos.domain.goods.count_results import document_of_result, result_uuid
from pos.domain.goods.counting import CountKind
from pos.domain.goods.cross_code import CrossCode, Differing, cross_codes
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import Order, OrderKind
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.goods.variance import CountLine, Finding, ItemBatch, Ledger, Moment, count_result
from pos.domain.item import Item
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.receipt.goods_count import count_slip
from pos.services import catalogue, people
from pos.services.approvals import Approvals, Gate
from pos.services.context import NeedsApproval, Till, WriteFailed
from pos.services.goods import books, count_states, counting, documents, drafting, stock
from pos.services.goods.count_states import CountState
from pos.services.goods.days import stock_day
from pos.services.reporting import facts_of
from pos.store import goods_ledgers, goods_reference, stock_ledger
from pos.store.goods_drafts import StoredDraft
from pos.store.journal import WriteTransaction

AGREED_ACTION = "count_agreed"
"""In the register of the books: a count that found nothing that differs."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a count found, as far as this till knows."""

    lines: tuple[CountLine, ...]
    """Lines that differ."""

    counted_lines: int
    provisional: bool
    """Head office decides: other tills' sales may be missing here."""

    pairs: tuple[CrossCode, ...] = ()
    """Surplus and shortage that look like one wrong code (SEL-02)."""


class Slip(msgspec.Struct, frozen=True):
    """A sale of an item: what a wrong code may have been rung up on (SEL-02)."""

    transaction_no: str
    at: str
    operator: str
    quantity_milli: int


class Reasoned(msgspec.Struct, frozen=True):
    """Why a line differs."""

    reason: str
    note: str = ""


def result(till: Till, count: CountState) -> Result:
    """Counted less expected for everything in the count's scope, at each item's own moment."""
    found = counting.scans(till, count.count_id)
    own = counting.own_name(till)
    reader = till.journal.reader()
    reader.execute("BEGIN")  # balances and movements of one moment
    try:
        now = _on_hand(till)
        moves = counting.movements_since_first(till, found, now_items(now))
        epoch_no, seq = till.journal.epoch_no, till.journal.head()[0]
    finally:
        reader.execute("ROLLBACK")
    opening = dict(now)
    for moved in moves:
        key = _key(opening, moved.item_code, moved.batch)
        opening[key] = opening.get(key, 0) - moved.quantity_milli
    ledger = Ledger(opening, moves)
    end = Moment(own, epoch_no, seq, till.clock.utc_ms())
    every = count_result(
        [one.as_scanned(own) for one in found],
        ledger,
        end=end,
        in_scope=[code for code in ledger.items() if _in_scope(till, count, code)],
        passes=count.passes,
    )
    lines = tuple(line for line in every if line.variance_milli)
    return Result(
        lines=lines,
        counted_lines=sum(1 for line in every if line.finding is not Finding.UNCOUNTED),
        provisional=stock.is_enrolled(till),
        pairs=tuple(cross_codes(_differing(till, lines))),
    )


def now_items(now: Iterable[ItemBatch]) -> set[str]:
    """Items among keys of stock."""
    return {item_code for item_code, _ in now}


def draft(
    till: Till, count: CountState, found: Result, reasons: Mapping[ItemBatch, Reasoned]
) -> StoredDraft | Refusal:
    """Draft what posts a lone shop's count: an adjustment, or the opening balances (STK-01, STK-11).

    Refused while a line lacks its reason, while blind passes disagree, and where head office
    computes. The draft waits for its two signatures like every document.
    """
    if found.provisional and count.kind is not CountKind.OPENING:
        return Refusal("head_office", N_("head office computes and approves this count's result"))
    if count.kind is not CountKind.OPENING:
        refusal = _unreasoned(found, reasons)
        if refusal is not None:
            return refusal
    kind = DocumentKind.OPENING if count.kind is CountKind.OPENING else DocumentKind.ADJUSTMENT
    uuid = result_uuid(till.journal.identity.store_id, count.count_id)
    if is_posted(till, uuid):
        return Refusal("posted", N_("this count is posted already"))
    before = drafting.load(till, uuid)
    document = GoodsDocument(
        document_uuid=uuid,
        document_kind=kind,
        document_no="",
        lines=tuple(
            _line(till, number, line, reasons) for number, line in enumerate(found.lines, start=1)
        ),
        source="count",
        reference=count.count_id,
        reason="count",
        fields={
            "count_kind": count.kind.value,
            "total_milli": str(sum(line.variance_milli for line in found.lines)),
        },
    )
    if before is None:
        return drafting.begin(till, document)
    return drafting.change(till, before, document)


def may_approve(till: Till, count_id: str, person_id: str) -> Refusal | None:
    """Who counted does not approve the result (CTL-05, STK-05)."""
    if person_id in counting.counters(till, count_id):
        return Refusal(
            "counter_approves", N_("who counted may not approve the result; ask somebody else")
        )
    return None


def post(till: Till, signed: StoredDraft) -> documents.Posted | Refusal:
    """Post a lone shop's result; the second signature is nobody's who counted (CTL-05)."""
    for signature in signed.document.signatures:
        if signature.slot != 2:
            continue
        refusal = may_approve(till, signed.document.reference, signature.operator_id)
        if refusal is not None:
            return refusal
    facts, at = facts_of(till), till.local_iso()
    return documents.post(till, signed, slips=lambda document: (count_slip(document, facts, at),))


def unposted(till: Till) -> list[CountState]:
    """Counts that ended at this till and whose result this till posts: a lone shop's, openings."""
    lone = not stock.is_enrolled(till)
    store_id = till.journal.identity.store_id
    return [
        one
        for one in count_states.states(till)
        if one.ended
        and not one.cancelled
        and (lone or one.kind is CountKind.OPENING)
        and not is_posted(till, result_uuid(store_id, one.count_id))
        and not _is_settled(till, one)
    ]


def settle(
    till: Till, count: CountState, found: Result, approval: Approvals = None
) -> Future[None] | Refusal | NeedsApproval:
    """Note that a count found nothing that differs; somebody who did not count approves (STK-09).

    There is no document without lines, and a count that agrees is as good a result as another. An
    opening count of an empty shop opens the books by it (STK-01).
    """
    if found.lines:
        return Refusal("differs", N_("the count found differences; they are posted, not noted"))
    opening = count.kind is CountKind.OPENING
    if found.provisional and not opening:
        return Refusal("head_office", N_("head office computes and approves this count's result"))
    gate = Gate(till, approval)
    missing = gate.right(books.RIGHT, detail=count.count_id)
    if missing is not None:
        return missing
    person_id = gate.approver_id or till.operator_id
    refusal = may_approve(till, count.count_id, person_id)
    if refusal is not None:
        return refusal
    note = RegisterNoted(
        register=Register.BOOKS,
        subject="opening" if opening else count.count_id,
        action=books.EMPTY_ACTION if opening else AGREED_ACTION,
        person_id=person_id,
        fields={"count": count.count_id, "lines": str(found.counted_lines)},
    )
    spent = gate.spend()
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)

    saved = till.write(job)
    if opening:
        till.unbooked = False
        till.tell(books.BooksOpened())
    return saved


def _is_settled(till: Till, count: CountState) -> bool:
    """Noted as agreeing; or an opening count beside the one that opened the books."""
    if count.kind is CountKind.OPENING:
        return books.are_open(till)
    lines = goods_ledgers.notes(till.journal.reader(), Register.BOOKS.value, count.count_id)
    return any(line.action == AGREED_ACTION for line in lines)


def slips_of(till: Till, item_code: str, limit: int = 20) -> list[Slip]:
    """The latest sales of an item here, and who sold it."""
    rows = till.journal.reader().execute(
        "SELECT t.transaction_no, t.at, t.operator_id, l.quantity_milli FROM stock_movement m "
        "JOIN txn t ON t.entry_id = m.entry_id JOIN txn_line l ON l.entry_id = m.entry_id "
        "AND l.line_no = m.line_no WHERE m.item_code = ? AND m.reason = 'sale' "
        "ORDER BY m.entry_id DESC LIMIT ?",
        (item_code, limit),
    )
    return [Slip(row[0], row[1], people.name_of(till, row[2]), row[3]) for row in rows]


# ----------------------------------------------------------------- what head office decided


def post_results(till: Till) -> list[Future[GoodsDocument]]:
    """Post the results that head office issued to this till and that are not posted yet.

    Called between sales. The document's uuid follows from the count, so a result that comes again
    after a crash or a snapshot posts nothing (R14, STK-09).
    """
    own = till.journal.identity.workstation_uuid
    orders: list[Order] = till.reference.ask(
        lambda c: goods_reference.orders(c, [OrderKind.COUNT_RESULT.value]), []
    )
    posted = []
    for order in orders:
        name = f"count_result {order.order_id}"
        if not own or order.to_workstation_uuid != own or name in till.directives_seen:
            continue
        document = document_of_result(order)
        if document is None or is_posted(till, document.document_uuid):
            till.directives_seen.add(name)
            continue
        answer = documents.post(till, document)
        till.directives_seen.add(name)
        if isinstance(answer, Refusal):
            till.tell(WriteFailed(answer.message))
        else:
            posted.append(answer.saved)
    return posted


def is_posted(till: Till, document_uuid: str) -> bool:
    """Whether the journal has this document already."""
    return bool(goods_ledgers.number_of(till.journal.reader(), document_uuid))


# ------------------------------------------------------------------------------------ helpers


def _on_hand(till: Till) -> dict[ItemBatch, int]:
    if stock.is_enrolled(till):
        return {(code, ""): quantity for code, quantity in stock.shop_quantities(till).items()}
    return {
        (code, batch): quantity
        for code, sums in stock_ledger.all_balances(till.journal.reader()).items()
        for (place, batch), quantity in sums.items()
        if not place
    }


def _key(opening: Mapping[ItemBatch, int], item_code: str, batch: str) -> ItemBatch:
    """Where head office's figures are by item alone, a batch's movement is the item's."""
    return (item_code, batch) if (item_code, batch) in opening else (item_code, "")


def _in_scope(till: Till, count: CountState, item_code: str) -> bool:
    if not count.item_codes and not count.item_classes:
        return True
    if item_code in count.item_codes:
        return True
    item = catalogue.find_item(till, item_code) if count.item_classes else None
    return item is not None and _of_class(item, count.item_classes)


def _of_class(item: Item, classes: Iterable[str]) -> bool:
    return item.item_class in set(classes)


def _differing(till: Till, lines: Iterable[CountLine]) -> list[Differing]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.item_code] = line.item_variance_milli
    found = []
    for item_code, variance in sums.items():
        item = catalogue.find_item(till, item_code)
        found.append(
            Differing(
                item_code=item_code,
                variance_milli=variance,
                name=item.name if item else "",
                item_class=item.item_class if item else "",
                unit_price_e4=item.unit_price_e4 if item else None,
            )
        )
    return found


def reason_of(line: CountLine, reasons: Mapping[ItemBatch, Reasoned]) -> Reasoned:
    """The reason given; where only the batches are mixed up it is known without asking."""
    given = reasons.get((line.item_code, line.batch)) or reasons.get((line.item_code, ""))
    if given is None and not line.item_variance_milli:
        return Reasoned(VarianceReason.BATCH.value)
    return given or Reasoned("")


def _unreasoned(found: Result, reasons: Mapping[ItemBatch, Reasoned]) -> Refusal | None:
    for line in found.lines:
        given = reason_of(line, reasons)
        problem = reason_problem(given.reason, given.note)
        if problem == "no_note":
            return Refusal("no_note", N_("say in words which other reason it is"))
        if problem:
            return Refusal("no_reason", N_("every difference needs a reason first"))
        if line.finding is Finding.DIFFERS and not given.note:
            return Refusal(
                "passes_differ", N_("the two counts differ: count a third time, or say why not")
            )
    return None


def _line(
    till: Till, number: int, line: CountLine, reasons: Mapping[ItemBatch, Reasoned]
) -> GoodsLine:
    item = catalogue.find_item(till, line.item_code)
    given = reason_of(line, reasons)
    return GoodsLine(
        line_no=number,
        item_code=line.item_code,
        quantity_milli=line.variance_milli,
        description=item.name if item else "",
        spec=item.spec if item else "",
        unit=item.unit if item else "",
        item_class=item.item_class if item else "",
        expected_milli=line.expected_milli,
        unit_cost_e4=stock.unit_cost_e4(till, line.item_code),
        batch=line.batch,
        reason=given.reason,
        note=given.note,
    )
