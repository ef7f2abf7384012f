"""Ingest against a model: any batches, in any order, cut anywhere, forked, damaged, repeated (R6, R9, R17)."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.domain.journal import GENESIS_HASH
from sync.head_office import reports, upkeep
from sync.head_office.batches import Accepted, Batch, Refused
from tests.sync.head_office.office_kit import JournalingTill, Office, line, transaction

TILLS = 2
_till = st.integers(0, TILLS - 1)
_part = st.integers(0, 100)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), _till, st.integers(1, 9_999)),
        st.tuples(st.just("push"), _till, _part, _part),
        st.tuples(st.just("push"), _till, _part, _part),
        st.tuples(st.just("push_all"), _till),
        st.tuples(st.just("damage"), _till, st.integers(1, 9_999)),
        st.tuples(st.just("garbage"), _till, st.binary(max_size=12)),
        st.tuples(st.just("repeat"), _till, _part),
        st.tuples(st.just("fork"), _till, _part, st.integers(1, 9_999)),
        st.tuples(st.just("epoch"), _till),
    ),
    min_size=4,
    max_size=30,
)
_numbers = itertools.count(1)


@dataclass
class Model:
    """What head office has to hold, told in a dozen lines."""

    kept: dict[tuple[str, str], list[tuple[bytes, bytes]]] = field(default_factory=dict)
    means: dict[tuple[bytes, bytes], tuple[str, int] | None] = field(default_factory=dict)
    """Record → (entry_uuid, amount) of what can be booked; None is for the quarantine."""

    booked: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0

    def take(self, key: tuple[str, str], batch: Batch) -> tuple[str, int]:
        kept = self.kept.setdefault(key, [])
        first = batch.first_seq
        if first > len(kept) + 1:
            return "gap", len(kept) + 1
        before = GENESIS_HASH if first == 1 else kept[first - 2][0]
        if batch.prev_hash != before:
            return "fork", first
        for offset, (stated, _) in enumerate(batch.records):
            seq = first + offset
            if seq <= len(kept) and kept[seq - 1][0] != stated:
                return "fork", seq
        for record in batch.records[len(kept) + 1 - first :]:
            kept.append(record)
            meaning = self.means[record]
            if meaning is None:
                self.quarantined += 1
            else:
                self.booked.setdefault(*meaning)
        return "acked", len(kept)


class Run:
    """One example, in a store of its own."""

    def __init__(self, hq: Office) -> None:
        self.hq = hq
        self.number = next(_numbers)
        self.store_id = f"S{self.number}"
        self.model = Model()
        self.epochs = [0] * TILLS
        self.tills = [self.new_till(index) for index in range(TILLS)]
        self.forks: list[JournalingTill] = []

    def new_till(self, index: int) -> JournalingTill:
        self.epochs[index] += 1
        till = JournalingTill(
            store_id=self.store_id,
            workstation_id=str(index + 1),
            workstation_uuid=f"{self.store_id}-{index}",
            epoch=f"{self.store_id}-{index}-{self.epochs[index]}",
        )
        self.note(till, till.append("epoch_open", _epoch_open()), 0)
        return till

    def note(self, till: JournalingTill, uuid: str, amount_minor: int) -> None:
        self.model.means[till.records[-1]] = (uuid, amount_minor)

    def sell(self, till: JournalingTill, amount_minor: int, uuid: str | None = None) -> None:
        body = transaction(len(till.records), [line(1, "A", 1000, amount_minor)])
        self.note(till, till.sell(body, entry_uuid=uuid), amount_minor)

    def push(self, till: JournalingTill, first: int, last: int) -> None:
        batch = till.batch(first, last)
        said = self.hq.engine.take(self.hq.source(till), batch)
        expected = self.model.take((till.workstation_uuid, till.epoch), batch)
        if isinstance(said, Refused):
            assert (said.error, said.expected) == expected
        else:
            assert isinstance(said, Accepted)
            assert ("acked", said.acked_seq) == expected
            assert said.head_hash == self.model.kept[till.workstation_uuid, till.epoch][-1][0]

    def step(self, kind: str, index: int, *more: object) -> None:
        till = self.tills[index]
        if kind == "sell":
            self.sell(till, more[0])
        elif kind == "damage":
            self.sell(till, more[0])
            _, data = till.records.pop()
            till.append_bytes(data, stated=bytes([7, len(till.records)]) * 16)
            self.model.means[till.records[-1]] = None
        elif kind == "garbage":
            till.append_bytes(b"\xff" + more[0])
            self.model.means[till.records[-1]] = None
        elif kind == "repeat":
            uuid = till.uuids[more[0] % len(till.uuids)]
            self.sell(till, 123, uuid)
        elif kind == "epoch":
            self.push(till, 1, len(till.records))
            self.tills[index] = self.new_till(index)
        elif kind == "fork":
            clone = copy.deepcopy(till)
            del clone.records[1 + more[0] % len(clone.records) :]
            self.sell(clone, more[1])
            self.push(clone, 1, len(clone.records))
        elif kind == "push_all":
            self.push(till, 1, len(till.records))
        else:
            count = len(till.records)
            first = 1 + more[0] % count
            self.push(till, first, first + more[1] % (count - first + 1))

    def check(self) -> None:
        self.hq.engine.fold()
        marks = self.hq.rows(
            "SELECT epoch, acked_seq FROM epoch WHERE store_id = ?", self.store_id
        )
        expected = {(epoch, len(kept)) for (_, epoch), kept in self.model.kept.items()}
        # An epoch whose every push was refused may have been heard of; it holds nothing.
        assert {mark for mark in marks if mark[1]} == {mark for mark in expected if mark[1]}
        held = self.hq.rows(
            "SELECT hash, bytes FROM journal WHERE store_id = ? "
            "ORDER BY workstation_no, epoch_no, seq",
            self.store_id,
        )
        kept = sorted(record for records in self.model.kept.values() for record in records)
        assert sorted((bytes(digest), bytes(data)) for digest, data in held) == kept
        [(quarantined,)] = self.hq.rows(
            "SELECT COUNT(*) FROM quarantine WHERE store_id = ?", self.store_id
        )
        assert quarantined == self.model.quarantined
        rows = reports.daily(self.hq.office.dialect, store_id=self.store_id)
        total = sum(self.model.booked.values())
        assert sum(round(float(row["net"]) * 100) for row in rows) == total


def _epoch_open():
    from pos.domain.journal.bodies import EpochOpen

    return EpochOpen(reason="new")


def test_any_sequence_of_batches_is_taken_as_the_rules_say(hq):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def holds(steps):
        run = Run(hq)
        for step in steps:
            run.step(*step)
        run.check()

    holds()
    result = upkeep.verify(hq.office)
    assert not result.problems, result.problems
    assert result.entries > 50


def test_the_model_notices_a_sale_that_it_does_not_know(hq):
    """Negative control: figures that differ from the model are seen."""
    run = Run(hq)
    run.sell(run.tills[0], 500)
    run.push(run.tills[0], 1, 2)
    run.model.booked.clear()
    with pytest.raises(AssertionError):
        run.check()
