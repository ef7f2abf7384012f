"""Regress, fork and clone: where two histories part is found by asking, never by guessing."""

from __future__ import annotations

import json

import pytest

from pos.services.directives import act_on_directives
from sync import protocol
from sync.exchange import RequestKind
from sync.push import RESEND
from tests.sync.kit import LIFE, Bench, note


def other(seq: int) -> str:
    """A hash of somebody else's history."""
    return f"{seq:064x}"


def locate(it: Bench, shared: int) -> list[int]:
    """Answer the search as a head office that shares entries up to `shared`; returns its probes."""
    probes = []
    while True:
        step = it.engine.next()
        if getattr(step, "kind", None) is not RequestKind.LOCATE:
            return probes
        query = dict(part.split("=") for part in step.target.partition("?")[2].split("&"))
        after = int(query["after"])
        probes.append(after)
        it.tell(
            step,
            protocol.OwnEntriesAnswer(
                epoch=query["epoch"],
                first_seq=after + 1,
                prev_hash=it.hash_at(after, query["epoch"]) if after <= shared else other(after),
                records=(),
                last=True,
            ),
        )


def forks(it: Bench) -> list[tuple[str, int]]:
    return [
        (body["epoch"], body["agreed_seq"])
        for body in (json.loads(d.body) for d in it.inbox.directives() if d.kind == "fork")
    ]


# ------------------------------------------------------------------------------------ regress


def test_a_lower_watermark_with_our_hash_lowers_the_ack_and_forces_a_snapshot(bench):
    it = bench(entries=8, batch_entries=50)
    it.settle((8, it.hash_at(8)))
    it.stop()
    it.start()

    it.say_hello((5, it.hash_at(5)), incarnation="life-2")

    assert it.acked == 5
    assert it.inbox.snapshot_wanted
    assert it.inbox.incarnation == "life-2"


def test_a_kill_between_wanting_the_snapshot_and_lowering_the_ack_forgets_neither(
    bench, monkeypatch
):
    it = bench(entries=8)
    it.settle((8, it.hash_at(8)))
    it.stop()
    it.start()

    def killed(*_a, **_k):
        msg = "killed"
        raise RuntimeError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(it.inbox, "set_ack", killed)
        with pytest.raises(RuntimeError, match="killed"):
            it.say_hello((5, it.hash_at(5)))
    it.stop()
    it.start()

    assert it.inbox.snapshot_wanted
    assert it.acked == 8
    it.say_hello((5, it.hash_at(5)))
    assert it.acked == 5


def test_another_incarnation_in_any_answer_makes_both_sides_compare_notes(bench):
    it = bench(entries=2)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL))

    it.heard(incarnation="life-2")

    assert it.ask(RequestKind.HELLO)


def test_a_head_office_that_knows_nothing_gets_everything_again(bench):
    it = bench(entries=8)
    it.settle((8, it.hash_at(8)))
    it.stop()
    it.start()

    it.say_hello(incarnation="life-2")

    assert it.acked == 0
    assert it.inbox.snapshot_wanted


def test_notes_are_compared_every_hour_even_when_nothing_calls_for_it(bench):
    it = bench(entries=2)
    it.settle((2, it.hash_at(2)))
    it.heard()

    it.clock.advance(3_600_001)

    assert it.ask(RequestKind.HELLO)


# --------------------------------------------------------------------------------------- fork


def test_a_fork_is_located_verified_and_left_for_the_till_as_a_directive(bench):
    it = bench(entries=9)
    it.settle((3, it.hash_at(3)))
    request = it.ask(RequestKind.JOURNAL)
    assert it.sent(request).first_seq == 4

    it.refuse(request, 409, "fork", expected=7)
    probes = locate(it, shared=6)

    assert probes == [6]
    assert forks(it) == [(it.epoch, 6)]
    assert it.acked == 6


def test_a_fork_that_began_before_our_ack_is_found_below_it(bench):
    """The join of our first record is already wrong: the ack itself is not shared any more."""
    it = bench(entries=12)
    it.settle((8, it.hash_at(8)))
    request = it.ask(RequestKind.JOURNAL)

    it.refuse(request, 409, "fork", expected=9)
    locate(it, shared=5)

    assert forks(it) == [(it.epoch, 5)]
    assert it.acked == 5


def test_a_watermark_with_a_foreign_hash_is_searched_and_the_difference_pushed(bench):
    it = bench(entries=12)
    it.settle((10, other(10)))
    probes = locate(it, shared=4)

    assert len(probes) <= 5
    assert it.acked == 4
    assert forks(it) == []
    request = it.ask(RequestKind.JOURNAL)
    assert it.sent(request).first_seq == 5
    it.refuse(request, 409, "fork", expected=5)
    locate(it, shared=4)
    assert forks(it) == [(it.epoch, 4)]


@pytest.mark.parametrize("shared", range(13))
def test_the_search_finds_any_point_in_few_questions(bench, shared):
    it = bench(entries=12)
    it.settle((12, other(12)))

    probes = locate(it, shared)

    assert it.acked == shared
    assert len(probes) <= 5


def test_a_journal_behind_its_own_watermark_is_a_fork_without_entries(bench):
    """A disk put back from an image: head office holds more of this epoch than it does."""
    it = bench(entries=5)
    it.settle((9, other(9)))

    locate(it, shared=5)

    assert it.acked == 5
    assert forks(it) == [(it.epoch, 5)]


def test_what_is_sold_before_the_till_acts_waits_and_is_appended_again(bench):
    it = bench(entries=5)
    it.settle((9, other(9)))
    locate(it, shared=5)
    note(it.journal, "sold meanwhile")
    it.heard()

    assert not it.idle().failing
    assert it.engine.push.blocked == it.epoch

    act_on_directives(it.journal, it.inbox.directives())
    it.settle((9, other(9)))
    request = it.ask(RequestKind.JOURNAL)
    message = it.sent(request)
    assert message.epoch == it.journal.epoch_id != it.epoch
    assert [json.loads(r.payload())["kind"] for r in message.records] == [
        "epoch_open",
        "note",
        "directive_done",
    ]
    assert forks(it) == []


def test_an_acknowledged_sequence_beyond_our_journal_is_never_believed(bench):
    it = bench(entries=5)
    it.settle()
    request = it.ask(RequestKind.JOURNAL)

    it.ack(
        request,
        acked=protocol.Acked(epoch=it.epoch, seq=9),
        head_hash=other(9),
        durable_seq=9,
    )
    locate(it, shared=5)

    assert it.acked == 5
    assert forks(it) == [(it.epoch, 5)]


def test_a_restored_epoch_that_head_office_holds_beyond_our_copy_is_simply_done(bench):
    from pos.domain.journal.bodies import EpochOpen

    it = bench(entries=5)
    it.journal.run(
        lambda txn: txn.open_epoch(
            EpochOpen(reason="restore", previous_epoch=it.epoch, previous_seq=0, final_seq=5)
        )
    )
    it.settle((9, other(9)))
    locate(it, shared=5)

    assert it.acked == 5
    assert forks(it) == []
    assert it.sent(it.ask(RequestKind.JOURNAL)).epoch == it.journal.epoch_id


def test_a_lower_agreement_after_a_fork_was_acted_on_makes_another_directive(bench):
    """Head office took a third clone's history after a restore: less is shared than we thought."""
    it = bench(entries=9)
    it.settle()
    it.refuse(it.ask(RequestKind.JOURNAL), 409, "fork", expected=8)
    locate(it, shared=7)
    act_on_directives(it.journal, it.inbox.directives())
    it.life = "life-2"
    it.say_hello((9, other(9)))
    it.inbox.set_metas({"snapshot_wanted": "0"})  # the catalogue is another test's
    it.no_changes()

    locate(it, shared=4)
    request = it.ask(RequestKind.JOURNAL)
    message = it.sent(request)
    assert (message.epoch, message.first_seq, message.final_seq) == (it.epoch, 5, 7)
    it.refuse(request, 409, "fork", expected=5)
    locate(it, shared=4)

    assert forks(it) == [(it.epoch, 4)]


def test_a_later_epoch_waits_while_a_fork_of_an_older_one_is_not_acted_on(bench):
    from pos.domain.journal.bodies import EpochOpen

    it = bench(entries=9)
    it.journal.run(
        lambda txn: txn.open_epoch(
            EpochOpen(reason="restore", previous_epoch=it.epoch, final_seq=9)
        )
    )
    it.settle((3, it.hash_at(3)))
    it.refuse(it.ask(RequestKind.JOURNAL), 409, "fork", expected=4)
    locate(it, shared=3)
    it.heard()

    assert not it.idle().failing
    assert it.engine.push.blocked == it.epoch


def test_an_answer_about_something_else_ends_the_search_and_starts_over(bench):
    it = bench(entries=9)
    it.settle((9, other(9)))
    request = it.ask(RequestKind.LOCATE)

    it.tell(
        request,
        protocol.OwnEntriesAnswer(
            epoch=it.epoch, first_seq=3, prev_hash=other(2), records=(), last=True
        ),
    )

    assert it.idle().failing
    assert it.ask(RequestKind.HELLO)


def test_an_epoch_unknown_to_head_office_shares_nothing(bench):
    it = bench(entries=9)
    it.settle((9, other(9)))

    it.refuse(it.ask(RequestKind.LOCATE), 404, "unknown_epoch")

    assert it.acked == 0


def test_a_journal_put_back_under_a_running_uploader_is_compared_at_once(bench):
    it = bench(entries=4)
    image = {
        name: (it.home / name).read_bytes()
        for name in ("journal.db", "journal.db-wal")
        if (it.home / name).exists()
    }
    note(it.journal)
    note(it.journal)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL))
    assert it.acked == 6
    it.journal.close()
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (it.home / name).unlink(missing_ok=True)
    for name, data in image.items():
        (it.home / name).write_bytes(data)

    request = it.ask(RequestKind.HELLO)

    hello = protocol.decode(request.body, protocol.HelloRequest)
    assert [e.max_seq for e in hello.epochs] == [4]


# ------------------------------------------------------------------------------------- resend


def test_entries_asked_for_again_by_hand_are_all_sent_again_though_head_office_has_them(bench):
    it = bench(entries=7, batch_entries=2)
    it.settle((7, it.hash_at(7)))
    it.inbox.set_metas({RESEND: it.epoch})
    it.inbox.set_ack(it.epoch, 2, it.hash_at(2), incarnation=LIFE)
    it.stop()
    it.start()
    it.settle((7, it.hash_at(7)))
    first = []
    while it.acked < 7:
        request = it.ask(RequestKind.JOURNAL)
        first.append(it.sent(request).first_seq)
        it.ack(request, 7)

    assert first == [3, 5, 7]
    assert it.inbox.meta(RESEND) == ""
