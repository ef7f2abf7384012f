"""The engine's upward half: hello, batches, acknowledgements and every answer of R8."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.domain.journal.bodies import EpochOpen
from sync import protocol
from sync.exchange import Answer, Idle, Lost, RequestKind
from tests.sync.kit import LIFE, UUID, Bench, note


def test_hello_comes_first_and_names_every_epoch(bench):
    it = bench(entries=3)

    request = it.ask(RequestKind.HELLO)

    hello = protocol.decode(request.body, protocol.HelloRequest)
    assert hello.workstation_uuid == UUID
    assert hello.protocol_versions == (1,)
    assert [(e.epoch, e.max_seq, e.final) for e in hello.epochs] == [(it.epoch, 3, False)]


def test_a_home_without_a_journal_says_hello_and_waits(bench, tmp_path):
    it = bench()
    it.stop()
    it.journal.close()
    (it.home / "journal.db").unlink()
    it.start()
    it.settle()
    it.heard()

    assert not it.idle().failing


def test_unsent_entries_are_pushed_in_order_and_acknowledged_by_their_hash(bench):
    it = bench(entries=5, batch_entries=2)
    it.settle()
    seen = []
    while it.acked < 5:
        request = it.ask()
        if request.kind is RequestKind.JOURNAL:
            message = it.sent(request)
            assert message.prev_hash == it.hash_at(message.first_seq - 1)
            seen += [(message.first_seq + i, r.hash) for i, r in enumerate(message.records)]
            it.ack(request)

    assert seen == [(seq, it.hash_at(seq)) for seq in range(1, 6)]
    assert it.engine.status.online
    assert it.engine.status.last_error == ""


def test_entries_that_came_meanwhile_are_pushed_next(bench):
    it = bench(entries=2)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL))
    it.heard()
    assert not it.idle().failing

    note(it.journal)

    assert it.sent(it.ask(RequestKind.JOURNAL)).first_seq == 3


@pytest.mark.parametrize(
    "answer",
    [
        Lost("timeout"),
        Answer(status=500),
        Answer(status=502, body=b"<html>"),
        Answer(status=200, body=b"<html>welcome to the hotel"),
        Answer(status=200, body=b"{}"),
        Answer(status=200, body=b'{"welcome": true}'),
        Answer(status=302),
        Answer(status=404),
        Answer(status=403),
    ],
)
def test_anything_else_is_unknown_and_the_same_bytes_are_sent_again(bench, answer):
    it = bench(entries=3)
    it.settle()
    first = it.ask(RequestKind.JOURNAL)

    it.tell(first, answer)
    note(it.journal)

    assert it.idle().failing
    assert it.acked == 0
    assert not it.engine.status.online
    assert it.ask(RequestKind.JOURNAL) == first


def test_an_acknowledgement_with_another_hash_is_none(bench):
    it = bench(entries=3)
    it.settle()
    request = it.ask(RequestKind.JOURNAL)

    it.ack(request, head_hash="ab" * 32)

    assert it.acked == 0
    assert it.ask(RequestKind.LOCATE)


def test_an_acknowledgement_of_another_epoch_is_none(bench):
    it = bench(entries=3)
    it.settle()
    request = it.ask(RequestKind.JOURNAL)

    it.ack(request, acked=protocol.Acked(epoch="ff" * 16, seq=3))

    assert it.acked == 0
    assert it.idle().failing
    assert it.engine.status.last_error.startswith("not_head_office")


def test_a_lost_answer_costs_one_repeated_batch_and_nothing_more(bench):
    """Catalogue 25: the response is lost after the commit."""
    it = bench(entries=3)
    it.settle()
    request = it.ask(RequestKind.JOURNAL)
    it.tell(request, Lost("cut"))

    it.ack(it.ask(RequestKind.JOURNAL))

    assert it.acked == 3


def test_hello_adopts_a_watermark_whose_answer_was_lost(bench):
    it = bench(entries=6, batch_entries=2)
    it.settle((4, it.hash_at(4)))

    assert it.acked == 4
    assert it.sent(it.ask(RequestKind.JOURNAL)).first_seq == 5


def test_acknowledgements_survive_a_restart_of_the_uploader(bench):
    it = bench(entries=4)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL))
    it.stop()

    it.start()

    assert it.acked == 4


# ---------------------------------------------------------------------------- status by status


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "unknown_workstation"), (401, "bad_signature"), (403, "revoked"), (403, "forbidden")],
)
def test_a_refused_credential_is_named_and_tried_again_for_ever(bench, status, code):
    it = bench(entries=2)
    for _ in range(30):
        it.refuse(it.ask(RequestKind.HELLO), status, code, detail="no")

        assert it.engine.status.last_error.startswith("credential")
        assert it.idle().failing
        assert it.idle().wait_ms <= 300_000


def test_a_wrong_clock_is_corrected_at_once_but_only_once(bench):
    it = bench(entries=2)
    theirs = it.clock.utc_ms() + 86_400_000 * 3
    it.refuse(it.ask(RequestKind.HELLO), 401, "clock_skew", server_time_ms=theirs)

    assert it.engine.status.server_offset_ms == 86_400_000 * 3
    again = it.ask(RequestKind.HELLO)
    it.refuse(again, 401, "clock_skew", server_time_ms=theirs)

    assert it.idle().failing
    assert it.engine.status.last_error.startswith("clock")


def test_a_gap_compares_notes_lowers_the_ack_and_sends_again_from_there(bench):
    it = bench(entries=6, batch_entries=2)
    it.settle((4, it.hash_at(4)))
    request = it.ask(RequestKind.JOURNAL)

    it.refuse(request, 409, "gap", expected=3, head_hash=it.hash_at(2))
    it.say_hello((2, it.hash_at(2)))

    assert it.acked == 2
    assert it.inbox.snapshot_wanted
    pushed = it.ask()
    if pushed.kind is not RequestKind.JOURNAL:
        it.refuse(pushed, 503, "busy")
        pushed = it.ask(RequestKind.JOURNAL)
    assert it.sent(pushed).first_seq == 3


def test_gaps_that_lead_nowhere_slow_down(bench):
    it = bench(entries=6)
    it.settle()
    for _ in range(3):
        it.refuse(it.ask(RequestKind.JOURNAL), 409, "gap", expected=99)
        if isinstance(it.engine.next(), Idle):
            break
        it.settle()

    assert it.idle().failing


def test_413_halves_down_to_one_and_grows_again(bench):
    it = bench(entries=9, batch_entries=8)
    it.settle()
    sizes = []
    for _ in range(3):
        request = it.ask(RequestKind.JOURNAL)
        sizes.append(len(it.sent(request).records))
        it.tell(request, Answer(status=413))
    request = it.ask(RequestKind.JOURNAL)
    sizes.append(len(it.sent(request).records))
    assert sizes == [8, 4, 2, 1]

    it.tell(request, Answer(status=413))
    assert it.idle().failing
    while it.acked < 9:
        request = it.ask(RequestKind.JOURNAL)
        sizes.append(len(it.sent(request).records))
        it.ack(request)

    assert sizes[4:] == [1, 2, 4, 2]


def test_422_halves_then_spells_the_record_in_base64(bench):
    it = bench(entries=2, batch_entries=2)
    it.settle()
    it.refuse(it.ask(RequestKind.JOURNAL), 422, "malformed")
    single = it.ask(RequestKind.JOURNAL)
    assert [r.b64 for r in it.sent(single).records] == [None]
    it.refuse(single, 422, "malformed")

    spelled = it.sent(it.ask(RequestKind.JOURNAL)).records

    assert len(spelled) == 1
    assert spelled[0].text is None
    assert spelled[0].payload() == it.sent(single).records[0].payload()


def test_426_is_named_and_asked_again(bench):
    it = bench(entries=2)
    it.refuse(it.ask(RequestKind.HELLO), 426, "upgrade_required")

    assert it.engine.status.last_error.startswith("upgrade")
    assert it.ask(RequestKind.HELLO)


def test_a_protocol_that_we_do_not_speak_is_not_spoken(bench):
    it = bench(entries=2)
    it.tell(
        it.ask(RequestKind.HELLO),
        protocol.HelloAnswer(protocol=99, incarnation=LIFE, server_time_ms=1),
    )

    assert it.idle().failing
    assert it.ask(RequestKind.HELLO)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("where", ["header", "body"])
def test_retry_after_is_honoured_and_spread(bench, status, where):
    waits = set()
    for seed in range(5):
        it = bench(entries=2, seed=seed)
        request = it.ask(RequestKind.HELLO)
        if where == "header":
            it.tell(request, Answer(status=status, retry_after_s=60))
        else:
            body = protocol.encode(protocol.ErrorAnswer(error="busy", retry_after_s=60))
            it.tell(request, Answer(status=status, body=body))
        idle = it.idle()
        assert idle.failing
        assert 60_000 <= idle.wait_ms <= 66_000
        waits.add(idle.wait_ms)

    assert len(waits) > 1


def test_an_absurd_retry_after_is_bounded(bench):
    it = bench(entries=2)
    it.tell(it.ask(RequestKind.HELLO), Answer(status=503, retry_after_s=1e9))

    assert it.idle().wait_ms <= 4_000_000


def test_an_acknowledgement_may_ask_for_a_pause(bench):
    it = bench(entries=4, batch_entries=2)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL), retry_after_s=30)

    assert it.acked == 2
    assert it.idle().wait_ms >= 30_000


def test_backoff_has_full_jitter_a_cap_of_five_minutes_and_no_end(bench):
    it = bench(entries=2)
    waits = []
    for _ in range(60):
        it.tell(it.ask(RequestKind.HELLO), Lost("no network"))
        idle = it.idle()
        assert idle.failing
        waits.append(idle.wait_ms)

    assert max(waits) <= 300_000
    assert max(waits[:3]) <= 4_000
    late = waits[10:]
    assert min(late) < 60_000
    assert max(late) > 200_000


def test_failures_of_our_own_pause_and_pass(bench):
    it = bench(entries=2)
    it.engine.trouble("disk full")

    assert it.idle().failing
    assert it.engine.status.last_error == "store: disk full"
    it.settle()
    assert it.engine.status.last_error == ""


# ------------------------------------------------------------------------------ several epochs


def reopen(it: Bench, reason: str = "restore", agreed: int = 0) -> str:
    it.journal.run(
        lambda txn: txn.open_epoch(
            EpochOpen(
                reason=reason,
                previous_epoch=it.epoch,
                previous_seq=agreed,
                final_seq=it.journal.head()[0],
            )
        )
    )
    return it.journal.epoch_id


def test_the_oldest_unacknowledged_epoch_is_drained_first_and_its_end_declared(bench):
    it = bench(entries=3, batch_entries=2)
    second = reopen(it)
    note(it.journal)
    it.settle()
    pushed = []
    while it.inbox.acked_seq(second) < 2:
        request = it.ask(RequestKind.JOURNAL)
        message = it.sent(request)
        pushed.append((message.epoch, message.first_seq, message.final_seq))
        it.ack(request)

    assert pushed == [(it.epoch, 1, 3), (it.epoch, 3, 3), (second, 1, None)]


def test_a_new_epoch_is_announced_by_another_hello(bench):
    it = bench(entries=2)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL))

    reopen(it)

    hello = protocol.decode(it.ask(RequestKind.HELLO).body, protocol.HelloRequest)
    assert [e.final for e in hello.epochs] == [True, False]


def test_a_hello_for_a_new_epoch_is_asked_until_it_is_answered(bench):
    it = bench(entries=2)
    it.settle()
    it.ack(it.ask(RequestKind.JOURNAL))
    reopen(it)

    it.tell(it.ask(RequestKind.HELLO), Lost("cut"))

    assert it.ask(RequestKind.HELLO)


# ----------------------------------------------------------------------------- hostile answers


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [200, 204, 301, 400, 401, 403, 404, 409, 410, 413, 422, 426, 429, 503]
            ),
            st.one_of(
                st.binary(max_size=40),
                st.builds(
                    lambda code, expected: protocol.encode(
                        protocol.ErrorAnswer(error=code, expected=expected)
                    ),
                    st.sampled_from(["gap", "fork", "clock_skew", "foreign_cursor", "x"]),
                    st.one_of(st.none(), st.integers(-5, 10**12)),
                ),
            ),
        ),
        max_size=25,
    )
)
def test_no_sequence_of_strange_answers_raises_or_acknowledges_anything(tmp_path_factory, answers):
    it = Bench(tmp_path_factory.mktemp("till"), entries=3)
    try:
        for status, body in answers:
            step = it.engine.next()
            if isinstance(step, Idle):
                it.clock.advance(step.wait_ms)
                continue
            it.tell(step, Answer(status=status, body=body))

        assert it.acked == 0
    finally:
        it.close()
