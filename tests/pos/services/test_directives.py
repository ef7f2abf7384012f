"""Acting on forks and notices: nothing lost, nothing twice, once whatever happens (R17, R27)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind, decode_entry
from pos.domain.journal.shift_bodies import DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.tender import Tender
from pos.services.directives import Action, act_on_directives
from pos.store import projections
from pos.store.clock import FixedClock
from pos.store.journal import Identity, JournalStore
from pos.store.reference_values import Directive

DAY = "2026-03-02"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path):
    store = JournalStore.open(
        tmp_path, Identity(store_id="001", workstation_id="01"), FixedClock(START), "test"
    )
    store.run(lambda txn: txn.append(EntryKind.DAY_OPEN, DayOpen(), business_day=DAY))
    for number in range(1, 6):
        store.run(lambda txn, n=number: sell(txn, n))
    yield store
    store.close()


def sell(txn, number: int) -> None:
    line = TransactionLine(
        line_no=1,
        kind=LineKind.SALE,
        item_code="苹果",
        description="苹果",
        quantity_milli=1000,
        unit_price_e4=100 * number,
        amount_minor=number,
    )
    body = Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no=f"001-01-{number}",
        number=number,
        operator_id="7",
        lines=(line,),
        tenders=(Tender(tender_no=1, tender_type="cash", amount_minor=number),),
        total_minor=number,
    )
    txn.append(EntryKind.TRANSACTION, body, operator_id="7", business_day=DAY)


def fork(epoch: str, agreed_seq: int) -> Directive:
    return Directive(
        directive_id=f"fork.{epoch}.{agreed_seq}",
        kind="fork",
        body=json.dumps({"epoch": epoch, "agreed_seq": agreed_seq, "agreed_hash": "00"}),
        created_utc_ms=int(START.timestamp() * 1000),
    )


def entries(journal: JournalStore, epoch_no: int) -> list:
    rows = journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE epoch_no = ? ORDER BY seq", (epoch_no,)
    )
    return [decode_entry(row[0]) for row in rows]


def test_a_fork_opens_an_epoch_that_repeats_the_divergent_entries_with_their_uuids(journal):
    old = journal.epoch_id
    before = entries(journal, 1)

    acted = act_on_directives(journal, [fork(old, 4)])

    assert [(a.action, a.reappended) for a in acted] == [(Action.NEW_EPOCH, 3)]
    new = entries(journal, 2)
    assert [e.kind for e in new] == [
        "epoch_open",
        "transaction",
        "transaction",
        "transaction",
        "directive_done",
    ]
    opening = new[0].body
    assert (opening.reason, opening.previous_epoch, opening.previous_seq) == ("fork", old, 4)
    assert opening.final_seq == 4
    for original, repeated in zip(before[4:], new[1:4], strict=True):
        assert repeated.envelope.entry_uuid == original.envelope.entry_uuid
        assert bytes(repeated.envelope.body) == bytes(original.envelope.body)
        assert repeated.envelope.business_day == DAY
        assert repeated.envelope.operator_id == "7"
        assert repeated.envelope.reappended_from == f"{old}/{original.envelope.seq}"
        assert "reappended" in repeated.envelope.flags


def test_the_tills_own_figures_do_not_count_repeated_entries_again_nor_when_rebuilt(journal):
    count = "SELECT count(*), sum(total_minor) FROM txn"
    before = journal.reader().execute(count).fetchone()

    act_on_directives(journal, [fork(journal.epoch_id, 2)])

    assert journal.reader().execute(count).fetchone() == before == (5, 15)
    kept = projections.fingerprint(journal.reader())
    journal.run(lambda txn: projections.rebuild(txn.connection))
    assert projections.fingerprint(journal.reader()) == kept


def test_acting_twice_changes_nothing(journal):
    directive = fork(journal.epoch_id, 4)
    act_on_directives(journal, [directive])
    head = journal.head()

    again = act_on_directives(journal, [directive])

    assert again == []
    assert journal.head() == head


def test_a_lower_agreement_repeats_the_epoch_from_there(journal):
    old = journal.epoch_id
    act_on_directives(journal, [fork(old, 5)])

    acted = act_on_directives(journal, [fork(old, 3)])

    assert [(a.action, a.reappended) for a in acted] == [(Action.NEW_EPOCH, 4)]
    assert journal.epoch_no == 3


def test_a_higher_agreement_than_the_one_acted_on_needs_nothing_but_a_note(journal):
    old = journal.epoch_id
    act_on_directives(journal, [fork(old, 3)])

    acted = act_on_directives(journal, [fork(old, 5)])

    assert [a.action for a in acted] == [Action.NOTHING_TO_DO]
    assert act_on_directives(journal, [fork(old, 5)]) == []
    assert journal.epoch_no == 2


def test_sales_after_the_fork_go_on_in_the_new_epoch(journal):
    act_on_directives(journal, [fork(journal.epoch_id, 4)])

    journal.run(lambda txn: sell(txn, 6))

    assert entries(journal, 2)[-1].body.total_minor == 6
    assert journal.head()[0] == 6


def test_an_epoch_that_is_not_here_is_noted_and_left(journal):
    acted = act_on_directives(journal, [fork("ff" * 16, 1)])

    assert [a.action for a in acted] == [Action.NOTHING_TO_DO]
    assert journal.epoch_no == 1


def test_a_kill_before_the_commit_leaves_no_half_epoch(journal, monkeypatch):
    def killed(*_args, **_keywords):
        msg = "killed"
        raise RuntimeError(msg)

    directive = fork(journal.epoch_id, 3)
    with monkeypatch.context() as patch:
        patch.setattr("pos.services.directives._journal", killed)
        with pytest.raises(RuntimeError, match="killed"):
            act_on_directives(journal, [directive])
    assert journal.epoch_no == 1
    assert entries(journal, 2) == []

    acted = act_on_directives(journal, [directive])

    assert [a.reappended for a in acted] == [4]


def test_notices_are_journaled_once(journal):
    notice = Directive(
        directive_id="d1", kind="revoked", created_utc_ms=int(START.timestamp() * 1000)
    )

    first = act_on_directives(journal, [notice])
    second = act_on_directives(journal, [notice])

    assert [a.action for a in first] == [Action.NOTED]
    assert second == []


@pytest.mark.parametrize(
    "directive",
    [
        Directive(directive_id="x", kind="dance", created_utc_ms=0),
        Directive(directive_id="x", kind="fork", body="not json", created_utc_ms=0),
        Directive(
            directive_id="x", kind="fork", body='{"epoch":"a","agreed_seq":-1}', created_utc_ms=0
        ),
    ],
)
def test_what_is_not_understood_is_left_for_a_version_that_does(journal, directive):
    head = journal.head()

    assert act_on_directives(journal, [directive]) == []
    assert journal.head() == head


def test_an_entry_whose_bytes_were_damaged_is_named_and_the_rest_goes_on(journal):
    connection = journal._connection
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE journal_entry SET bytes = x'ff00' WHERE seq = 4")

    acted = act_on_directives(journal, [fork(journal.epoch_id, 2)])

    assert [a.reappended for a in acted] == [4]
    notes = [e for e in entries(journal, 2) if e.kind == "note"]
    assert len(notes) == 1
    assert "/4 cannot be read" in notes[0].body.text
