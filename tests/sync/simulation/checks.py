"""What must hold: cheap things after every step, everything at the end (I1-I3, I6)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from pos.domain.cart import LineKind
from pos.domain.journal import GENESIS_HASH, chain_hash
from pos.domain.sale import Transaction
from pos.store.journal_files import files_of
from pos.store.reference import ReferenceReader
from pos.store.verification import verify_journals
from sync import protocol
from sync.exchange import Answer, Request, RequestKind
from sync.head_office import projections
from tests.sync.simulation.template import STORE

if TYPE_CHECKING:
    from tests.sync.simulation.till import Till
    from tests.sync.simulation.world import World


class Violation(AssertionError):
    """An invariant does not hold."""


class Checks:
    """The invariants of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._acked_uuids: set[str] = set()

    # ------------------------------------------------------------------------ every step

    def sending(self, till: Till, request: Request) -> None:
        """R2: an epoch is not pushed while an older one still has something to be pushed."""
        if request.kind is not RequestKind.JOURNAL:
            return
        message = protocol.decode(protocol.inflate(request.body), protocol.JournalRequest)
        for head in till.outbox.epochs():
            if head.epoch == message.epoch:
                return
            if till.inbox.acked_seq(head.epoch) < head.max_seq:
                raise Violation(
                    f"{till.name} pushes {message.epoch[:6]} before {head.epoch[:6]} is drained"
                )

    def handled(self, request: Request, answer: Answer) -> None:
        """I1 and I6 at head office after each push: no gap, no double, and an ack is on disk."""
        if request.kind is not RequestKind.JOURNAL:
            return
        message = protocol.decode(protocol.inflate(request.body), protocol.JournalRequest)
        for acked, head in self.watermarks(message.epoch):
            if answer.status == 200:
                told = protocol.decode(answer.body, protocol.JournalAnswer)
                if (told.acked.seq, told.head_hash) != (acked, head.hex()):
                    raise Violation(f"acknowledged {told.acked.seq}, but {acked} is on disk")

    def watermarks(self, epoch: str = "") -> list[tuple[int, bytes]]:
        """I1 of one epoch, or of all: sequences are 1..watermark; returns (watermark, head hash)."""
        found = []
        query = self.world.office.office.dialect.query
        for name in [epoch] if epoch else list(self.world.heads):
            for number, epoch_no, acked, head in self.world.office.watermark(name):
                [(count, lowest, highest)] = query(
                    "SELECT COUNT(*), COALESCE(MIN(seq), 1), COALESCE(MAX(seq), 0) FROM journal "
                    "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
                    (STORE, number, epoch_no),
                )
                if not (count == highest == acked and lowest == 1):
                    raise Violation(
                        f"epoch {name[:6]}: watermark {acked}, {count} entries, "
                        f"{lowest} to {highest}"
                    )
                if acked > self.world.heads.get(name, 0):
                    raise Violation(f"epoch {name[:6]}: watermark {acked} is no till's")
                found.append((acked, head))
        return found

    def acknowledged(self, till: Till, before: dict[str, int]) -> None:
        """R7: what a till believes to be acknowledged is its own history, and was committed."""
        for head in till.outbox.epochs():
            row = till.inbox._acks.get(head.epoch)
            if row is None or row.acked_seq == before.get(head.epoch, 0):
                continue
            own = till.outbox.hash_at(head, row.acked_seq)
            if own is None or own.hex() != row.head_hash:
                raise Violation(f"{till.name}: ack {row.acked_seq} is not of its own history")
            if row.acked_seq > before.get(head.epoch, 0) and till.journal is not None:
                rows = till.journal.reader().execute(
                    "SELECT entry_uuid FROM journal_entry WHERE epoch_no = ? AND seq > ? "
                    "AND seq <= ?",
                    (head.epoch_no, before.get(head.epoch, 0), row.acked_seq),
                )
                self._acked_uuids |= {uuid for (uuid,) in rows}

    def office_restored(self) -> None:
        """What the backup did not have, the tills have to send again; who lost it too cannot."""
        self._acked_uuids &= self.world.office.held_uuids()

    def rolled_over(self, till: Till, closed: list[tuple[str, int, bool]], before: object) -> None:
        """R30: what was closed is acknowledged and durable; what goes on, goes on unchanged."""
        assert till.journal is not None
        agreed = {head.epoch: head.max_seq for head in till.outbox.epochs()}
        reader = ReferenceReader(till.home)
        acked = reader.acked()
        reader.close()
        for epoch, last, _live in closed:
            row = acked.get(epoch)
            safe = min(row.acked_seq, row.durable_seq) if row is not None else 0
            if safe < min(last, agreed.get(epoch, last)):
                raise Violation(f"{till.name}: epoch {epoch} was closed at {last}, safe to {safe}")
        if till.counters() != before:
            raise Violation(f"{till.name}: {before} went on as {till.counters()}")

    # --------------------------------------------------------------------------- the end

    def reckoning(self) -> None:
        """Recompute everything from both sides' bytes."""
        held = self.world.office.held_uuids()
        self._chains()
        self._nothing_lost(held)
        self._sums(held)
        self._rebuilt()
        for till in self.world.tills:
            self._catalogue(till)
            found = verify_journals(till.home, with_projections=False) if till.fragile else None
            if found is not None and not found.ok:
                raise Violation(f"{till.name}: its journal breaks: {found.broken or found.damage}")

    def _chains(self) -> None:
        """I1: sequences 1..watermark, hashes that follow, quarantined ones from their claim."""
        dialect = self.world.office.office.dialect
        for number, epoch_no, acked, head in dialect.query(
            "SELECT workstation_no, epoch_no, acked_seq, head_hash FROM epoch"
        ):
            previous, expected = GENESIS_HASH, 1
            for seq, digest, data, uuid in dialect.query(
                "SELECT seq, hash, bytes, entry_uuid FROM journal WHERE workstation_no = ? "
                "AND epoch_no = ? ORDER BY seq",
                (number, epoch_no),
            ):
                if seq != expected:
                    raise Violation(
                        f"workstation {number} epoch {epoch_no}: {expected} is missing"
                    )
                if chain_hash(previous, bytes(data)) != bytes(digest) and uuid is not None:
                    raise Violation(f"workstation {number} epoch {epoch_no}: chain at {seq}")
                previous, expected = bytes(digest), seq + 1
            if (acked, bytes(head)) != (expected - 1, previous):
                raise Violation(f"workstation {number} epoch {epoch_no}: head is not its last")

    def _nothing_lost(self, held: set[str]) -> None:
        """I6: what is on a living till's disk, or was acknowledged, is at head office; no more."""
        world = self.world
        for till in world.tills:
            assert till.journal is not None
            on_disk = {
                uuid: kind
                for file in files_of(till.journal.reader())
                for uuid, kind in file.execute("SELECT entry_uuid, kind FROM journal_entry")
                if uuid not in world.damaged
            }
            lost = on_disk.keys() - held
            if lost:
                kinds = dict(Counter(on_disk[uuid] for uuid in lost))
                raise Violation(
                    f"{till.name}: {len(lost)} entries are not at head office: {kinds}"
                )
        vanished = self._acked_uuids - held - world.damaged
        if vanished:
            raise Violation(f"{len(vanished)} acknowledged entries are not at head office")

    def _sums(self, held: set[str]) -> None:
        """I2: head office's figures are the sums of what the tills committed, each entry once."""
        world = self.world
        items: Counter[tuple[str, str, str]] = Counter()
        tenders: Counter[tuple[str, str]] = Counter()
        transactions: Counter[str] = Counter()
        for uuid, (day, body) in world.ledger.items():
            if uuid not in held or not isinstance(body, Transaction):
                continue
            transactions[day] += 1
            for line in body.lines:
                measure = "returns" if line.kind is LineKind.RETURN else "sales"
                sign = -1 if line.kind is LineKind.RETURN else 1
                items[day, line.item_code, measure] += sign * line.amount_minor
                items[day, line.item_code, measure + " units"] += sign * line.quantity_milli
            for tender in body.tenders:
                tenders[day, tender.tender_type] += tender.amount_minor
        dialect = world.office.office.dialect
        found_items: Counter[tuple[str, str, str]] = Counter()
        for day, code, sales, returns, sold, returned in dialect.query(
            "SELECT business_day, grouping_key, gross_sales_minor, returns_minor, "
            "units_sold_milli, units_returned_milli FROM daily WHERE dimension = 'item'"
        ):
            found_items[day, code, "sales"] += sales
            found_items[day, code, "returns"] += returns
            found_items[day, code, "sales units"] += sold
            found_items[day, code, "returns units"] += returned
        # Deltas that were not folded yet lie beside what was: whoever reads, sums.
        found_tenders: Counter[tuple[str, str]] = Counter()
        for day, tender_type, amount in dialect.query(
            "SELECT business_day, tender_type, amount_minor FROM daily_tender"
        ):
            found_tenders[day, tender_type] += amount
        found_transactions: Counter[str] = Counter()
        for day, count in dialect.query(
            "SELECT business_day, transactions FROM daily WHERE dimension = 'store'"
        ):
            found_transactions[day] += count
        for name, expected, found in (
            ("transactions", transactions, found_transactions),
            ("items", items, found_items),
            ("tenders", tenders, found_tenders),
        ):
            if +expected != +found or -expected != -found:
                raise Violation(
                    f"{name}: expected {dict(expected)}, head office has {dict(found)}"
                )

    def _rebuilt(self) -> None:
        """I3: projections derived again from the bytes are the ones kept along the way."""
        dialect = self.world.office.office.dialect
        kept = projections.digest(dialect)
        projections.rebuild(dialect)
        again = projections.digest(dialect)
        if kept != again:
            names = [name for name, digest in kept.items() if again[name] != digest]
            raise Violation(f"rebuilt projections differ: {names}")

    def _catalogue(self, till: Till) -> None:
        """R11: what the till sells by is what head office publishes, whatever happened between."""
        world = self.world
        wanted: dict[str, set[tuple[object, ...]]] = {"items": set(), "prices": set()}
        wanted |= {"barcodes": set(), "holds": set(), "operators": set()}
        for dataset, row in world.office.office.dialect.query(
            "SELECT dataset, row FROM catalogue WHERE scope = ''"
        ):
            value = msgspec.json.decode(bytes(row), type=protocol.DATASETS[dataset])
            wanted[str(dataset)].add(_columns(value))
        select = till.writer.connection.execute
        found = {
            "items": set(select("SELECT item_code, name FROM item").fetchall()),
            "prices": set(select("SELECT item_code, unit_price_e4 FROM price").fetchall()),
            "barcodes": set(select("SELECT code, item_code FROM barcode").fetchall()),
            "holds": set(select("SELECT hold_id, item_code FROM hold").fetchall()),
            "operators": set(select("SELECT operator_id, name FROM operator").fetchall()),
        }
        for dataset, rows in found.items():
            if rows != wanted[dataset]:
                raise Violation(
                    f"{till.name}: {dataset} {rows}, head office has {wanted[dataset]}"
                )


def _columns(value: object) -> tuple[object, ...]:
    match value:
        case protocol.FeedItem():
            return value.item_code, value.name
        case protocol.FeedPrice():
            return value.item_code, value.unit_price_e4
        case protocol.FeedBarcode():
            return value.code, value.item_code
        case protocol.FeedHold():
            return value.hold_id, value.item_code
        case protocol.FeedOperator():
            return value.operator_id, value.name
    raise AssertionError(value)
