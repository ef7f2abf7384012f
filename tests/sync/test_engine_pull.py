"""The engine's downward half: versions, snapshots, directives, heartbeats, and taking turns."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest

from sync import protocol
from sync.exchange import Answer, Lost, RequestKind
from sync.protocol import FeedChanges, FeedHold, FeedItem, FeedPrice
from tests.sync.kit import LIFE, Bench, open_day, sell


class Feed:
    """A head office's feed as answers."""

    def __init__(self) -> None:
        self.versions: list[tuple[protocol.FeedVersion, str]] = []
        self.hash = protocol.GENESIS_HEX

    def publish(self, *items: str) -> None:
        changes = FeedChanges(
            items=tuple(FeedItem(item_code=code, name=f"goods {code}") for code in items),
            prices=tuple(
                FeedPrice(item_code=code, effective_day="2026-01-01", unit_price_e4=100)
                for code in items
            ),
        )
        raw = msgspec.json.encode(changes)
        self.hash = protocol.roll_feed_hash(self.hash, raw)
        version = protocol.FeedVersion(
            version=len(self.versions) + 1,
            sha256=hashlib.sha256(raw).hexdigest(),
            published_utc_ms=1,
            changes=msgspec.Raw(raw),
        )
        self.versions.append((version, self.hash))

    def answer(self, after: int = 0, until: int | None = None, **more) -> protocol.ChangesAnswer:
        reached = len(self.versions) if until is None else until
        values = {
            "incarnation": LIFE,
            "cursor": f"{LIFE}.{reached}",
            "feed_hash": self.versions[reached - 1][1] if reached else protocol.GENESIS_HEX,
            "server_time_ms": 1,
            "versions": tuple(v for v, _ in self.versions[after:reached]),
            "more": reached < len(self.versions),
        }
        return protocol.ChangesAnswer(**(values | more))

    def pages(self, size: int = 2) -> list[protocol.SnapshotAnswer]:
        rows = [item for v, _ in self.versions for item in protocol.decode_changes(v).items]
        chunks = [rows[i : i + size] for i in range(0, len(rows), size)] or [[]]
        raws = [msgspec.json.encode(chunk) for chunk in chunks] + [b"[]"]
        return [
            protocol.SnapshotAnswer(
                token="t1",
                version=len(self.versions),
                cursor=f"{LIFE}.{len(self.versions)}",
                feed_hash=self.hash,
                dataset="items" if page < len(chunks) else "holds",
                rows=msgspec.Raw(raw),
                page=page,
                last=page == len(raws) - 1,
                count=len(rows),
                sha256=hashlib.sha256(b"".join(raws)).hexdigest(),
            )
            for page, raw in enumerate(raws)
        ]


def names(it: Bench) -> list[str]:
    rows = it.writer.connection.execute("SELECT item_code FROM item ORDER BY item_code")
    return [row[0] for row in rows]


@pytest.fixture
def feed() -> Feed:
    made = Feed()
    for codes in (("A",), ("B", "C"), ("D",)):
        made.publish(*codes)
    return made


# -------------------------------------------------------------------------------------- versions


def test_versions_are_applied_in_order_and_the_cursor_moves_with_them(bench, feed):
    it = bench()
    it.say_hello((1, it.hash_at(1)), feed=3)
    request = it.ask(RequestKind.CHANGES)
    assert request.target.endswith(f"cursor=&feed_hash={protocol.GENESIS_HEX}")

    it.tell(request, feed.answer(until=2))
    assert names(it) == ["A", "B", "C"]
    request = it.ask(RequestKind.CHANGES)
    assert f"cursor={LIFE}.2" in request.target
    it.tell(request, feed.answer(after=2))

    assert names(it) == ["A", "B", "C", "D"]
    assert (it.inbox.version, it.inbox.cursor, it.inbox.feed_hash) == (3, f"{LIFE}.3", feed.hash)


def test_versions_that_an_earlier_run_applied_are_skipped_and_the_cursor_follows(bench, feed):
    it = bench()
    it.say_hello((1, it.hash_at(1)))
    it.tell(it.ask(RequestKind.CHANGES), feed.answer(until=2))
    it.inbox.set_metas({"feed_cursor": "", "feed_hash": protocol.GENESIS_HEX})
    it.stop()
    it.start()
    it.say_hello((1, it.hash_at(1)))

    it.tell(it.ask(RequestKind.CHANGES), feed.answer())

    assert names(it) == ["A", "B", "C", "D"]
    assert it.inbox.cursor == f"{LIFE}.3"


def test_a_version_whose_bytes_do_not_give_its_hash_is_not_applied(bench, feed):
    it = bench()
    it.say_hello((1, it.hash_at(1)))
    version, digest = feed.versions[0]
    feed.versions[0] = (msgspec.structs.replace(version, sha256="00" * 32), digest)

    it.tell(it.ask(RequestKind.CHANGES), feed.answer())

    assert names(it) == []
    assert it.idle().failing


def test_versions_that_do_not_follow_what_is_here_end_in_a_snapshot(bench, feed):
    it = bench()
    it.say_hello((1, it.hash_at(1)))

    it.tell(it.ask(RequestKind.CHANGES), feed.answer(after=1))

    assert names(it) == []
    assert it.inbox.snapshot_wanted
    assert it.ask(RequestKind.SNAPSHOT)


def test_410_ends_in_a_snapshot(bench):
    it = bench()
    it.say_hello((1, it.hash_at(1)))

    it.refuse(it.ask(RequestKind.CHANGES), 410, "foreign_cursor")

    assert it.ask(RequestKind.SNAPSHOT)


def test_a_proxys_410_is_no_reason_for_a_snapshot(bench):
    it = bench()
    it.say_hello((1, it.hash_at(1)))

    it.tell(it.ask(RequestKind.CHANGES), Answer(status=410))

    assert not it.inbox.snapshot_wanted
    assert it.idle().failing


# ------------------------------------------------------------------------------------- snapshots


def begin_snapshot(bench) -> Bench:
    it = bench()
    it.inbox.want_snapshot()
    it.say_hello((1, it.hash_at(1)))
    return it


def test_a_snapshot_is_fetched_page_by_page_and_swapped_in_at_its_end(bench, feed):
    it = begin_snapshot(bench)
    targets = []
    for page in feed.pages():
        assert names(it) == []
        request = it.ask(RequestKind.SNAPSHOT)
        targets.append(request.target.partition("?")[2])
        it.tell(request, page)

    assert targets == ["token=&page=0", "token=t1&page=1", "token=t1&page=2"]
    assert names(it) == ["A", "B", "C", "D"]
    assert (it.inbox.version, it.inbox.cursor) == (3, f"{LIFE}.3")
    assert not it.inbox.snapshot_wanted
    it.tell(it.ask(RequestKind.CHANGES), feed.answer(after=3))


@pytest.mark.parametrize("page", range(3))
def test_a_kill_at_any_page_leaves_the_old_catalogue_and_the_wish_for_a_new_one(bench, feed, page):
    it = bench()
    it.say_hello((1, it.hash_at(1)))
    it.tell(it.ask(RequestKind.CHANGES), feed.answer(until=1))
    it.inbox.want_snapshot()
    for number in range(page):
        it.tell(it.ask(RequestKind.SNAPSHOT), feed.pages()[number])
    it.stop()
    it.start()

    assert names(it) == ["A"]
    assert it.inbox.snapshot_wanted
    it.say_hello((1, it.hash_at(1)))
    assert it.ask(RequestKind.SNAPSHOT).target.endswith("token=&page=0")


def test_an_interrupted_page_is_asked_for_again(bench, feed):
    it = begin_snapshot(bench)
    it.tell(it.ask(RequestKind.SNAPSHOT), feed.pages()[0])
    request = it.ask(RequestKind.SNAPSHOT)

    it.tell(request, Lost("cut"))

    assert it.ask(RequestKind.SNAPSHOT) == request


def test_a_snapshot_begins_again_when_its_token_is_no_longer_known(bench, feed):
    it = begin_snapshot(bench)
    it.tell(it.ask(RequestKind.SNAPSHOT), feed.pages()[0])

    it.refuse(it.ask(RequestKind.SNAPSHOT), 410, "foreign_cursor")

    assert it.ask(RequestKind.SNAPSHOT).target.endswith("token=&page=0")


@pytest.mark.parametrize(
    "wrong", [{"sha256": "00" * 32}, {"count": 9}, {"page": 7}, {"token": "t2"}]
)
def test_a_snapshot_that_does_not_verify_changes_nothing_and_begins_again(bench, feed, wrong):
    it = begin_snapshot(bench)
    pages = feed.pages()
    for page in pages[:-1]:
        it.tell(it.ask(RequestKind.SNAPSHOT), page)

    it.tell(it.ask(RequestKind.SNAPSHOT), msgspec.structs.replace(pages[-1], **wrong))

    assert names(it) == []
    assert it.idle().failing
    assert it.ask(RequestKind.SNAPSHOT).target.endswith("token=&page=0")


def test_a_snapshot_leaves_acknowledgements_and_directives_alone(bench, feed):
    it = bench(entries=4)
    it.settle((4, it.hash_at(4)))
    head = it.outbox.epochs()[0]
    it.inbox.add_fork(head, 4, it.hash_at(4), 9)
    it.inbox.want_snapshot()
    for page in feed.pages():
        it.tell(it.ask(RequestKind.SNAPSHOT), page)
    it.stop()
    it.start()

    assert it.acked == 4
    assert [d.kind for d in it.inbox.directives()] == ["fork"]


# ------------------------------------------------------------------------------------ directives


def test_directives_are_kept_as_rows_until_head_office_no_longer_lists_them(bench):
    it = bench()
    it.say_hello((1, it.hash_at(1)))
    revoked = protocol.Directive(directive_id="d1", kind="revoked", body="{}", created_utc_ms=5)
    it.tell(it.ask(RequestKind.CHANGES), Feed().answer(directives=(revoked,)))
    assert [d.directive_id for d in it.inbox.directives()] == ["d1"]

    it.heard(directives=1)
    it.tell(it.ask(RequestKind.CHANGES), Feed().answer(directives=(revoked,)))
    assert [d.directive_id for d in it.inbox.directives()] == ["d1"]
    it.clock.advance(it.idle().wait_ms)
    it.heard(directives=1)
    it.tell(it.ask(RequestKind.CHANGES), Feed().answer())

    assert it.inbox.directives() == []


def test_our_own_fork_directive_is_not_head_offices_to_take_away(bench):
    it = bench(entries=3)
    it.settle((3, it.hash_at(3)))
    it.inbox.add_fork(it.outbox.epochs()[0], 2, it.hash_at(2), 9)
    it.heard(directives=1)

    it.tell(it.ask(RequestKind.CHANGES), Feed().answer())

    assert [d.kind for d in it.inbox.directives()] == ["fork"]


# ------------------------------------------------------------------------------------- heartbeat


def test_a_heartbeat_says_how_far_the_till_is_and_what_its_day_comes_to(bench):
    it = bench()
    open_day(it.journal)
    sell(it.journal, 1, 250)
    sell(it.journal, 2, 100)
    it.settle((4, it.hash_at(4)))

    beat = protocol.decode(it.ask(RequestKind.HEARTBEAT).body, protocol.HeartbeatRequest)

    assert (beat.epoch, beat.max_seq, beat.acked_seq, beat.unsent) == (it.epoch, 4, 4, 0)
    assert (beat.business_day, beat.day_state) == ("2026-11-21", "open")
    assert beat.open_day == protocol.DayFigures(
        business_day="2026-11-21", transactions=2, lines=2, net_minor=350
    )
    assert beat.last_z is None


def test_a_heartbeat_tells_of_newer_versions_and_they_are_fetched(bench):
    it = bench()
    it.settle((1, it.hash_at(1)))

    it.heard(feed=7)

    assert it.ask(RequestKind.CHANGES)


def test_without_news_nothing_is_fetched_until_the_next_heartbeat(bench):
    it = bench()
    it.settle((1, it.hash_at(1)))
    it.heard()

    idle = it.idle()

    assert not idle.failing
    assert 0 < idle.wait_ms <= 15_000


def test_tills_beat_at_moments_of_their_own(bench):
    moments = set()
    for number in range(4):
        it = bench()
        it.engine._phase_ms = number * 3_000
        it.settle((1, it.hash_at(1)))
        it.heard()
        moments.add((it.clock.utc_ms() + it.idle().wait_ms) % 15_000)

    assert moments == {0, 3_000, 6_000, 9_000}


# ------------------------------------------------------------------------------------ taking turns


def test_a_long_backlog_and_a_long_snapshot_take_turns(bench, feed):
    it = bench(entries=9, batch_entries=2)
    it.inbox.want_snapshot()
    it.say_hello()
    order = []
    pages = feed.pages(size=1)
    for _ in range(8):
        request = it.ask()
        order.append(request.kind)
        if request.kind is RequestKind.JOURNAL:
            it.ack(request)
        else:
            it.tell(request, pages[len([k for k in order if k is RequestKind.SNAPSHOT]) - 1])

    assert order == [RequestKind.SNAPSHOT, RequestKind.JOURNAL] * 4


def test_operators_are_sealed_with_the_workstations_pepper(bench):
    from pos.store.pepper import load_pepper, seal
    from sync.uploader import Sealer

    it = bench()
    it.writer._seal = Sealer(it.home)
    it.say_hello((1, it.hash_at(1)))
    operator = protocol.FeedOperator(
        operator_id="7", name="王", role="cashier", salt="c2FsdA==", verifier="dmVyaWZpZXI="
    )
    raw = msgspec.json.encode(
        FeedChanges(operators=(operator,), holds=(FeedHold(hold_id="h", item_code="A"),))
    )
    feed = Feed()
    feed.hash = protocol.roll_feed_hash(feed.hash, raw)
    version = protocol.FeedVersion(
        version=1,
        sha256=hashlib.sha256(raw).hexdigest(),
        published_utc_ms=1,
        changes=msgspec.Raw(raw),
    )
    feed.versions.append((version, feed.hash))

    it.tell(it.ask(RequestKind.CHANGES), feed.answer())

    stored = it.writer.connection.execute("SELECT verifier FROM operator").fetchone()[0]
    assert stored == seal(load_pepper(it.home), "dmVyaWZpZXI=")
    assert "dmVyaWZpZXI=" not in json.dumps(stored)
    assert (it.home / "keys" / "pepper").stat().st_mode & 0o777 == 0o600
