"""R11-R13, R27, R29: versions, cursors, snapshots, imports, operators, holds, on both engines."""

import base64
import datetime as dt
import hashlib
import json
from typing import Any

import pytest

from pos.config.item_rows import ListRefused
from sync import protocol
from sync.head_office import catalogue, stores
from sync.head_office.feed import Feed
from sync.protocol import FeedChanges, FeedHold, FeedItem, FeedOperator, FeedPrice, WireError
from tests.sync.head_office.office_kit import NOW_MS, make_office

TODAY = dt.datetime.fromtimestamp(NOW_MS / 1000, tz=dt.UTC).date().isoformat()
ITEMS = """item_code,name,name_en,spec,price,barcodes,packs,weighed,item_class
A1,农夫山泉,Water,550ml,2.00,6901234567892,16901234567899:12,,drinks
A2,散装瓜子,,,"15.8",,,是,snacks
"""


@pytest.fixture
def feed(hq):
    stores.add_store(hq.office, "01")
    stores.add_store(hq.office, "02")
    return Feed(hq.office)


def items_file(tmp_path, text=ITEMS, encoding="utf-8", name="items.csv"):
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


def follow(feed, store_id="01", cursor="", feed_hash=""):
    """All changes from a cursor, checked as a till checks them."""
    found = []
    while True:
        answer = feed.changes(store_id, 1, cursor, feed_hash)
        rolled = feed_hash or protocol.GENESIS_HEX
        for version in answer.versions:
            found.append((version.version, protocol.decode_changes(version)))
            rolled = protocol.roll_feed_hash(rolled, bytes(version.changes))
        assert rolled == answer.feed_hash
        cursor, feed_hash = answer.cursor, answer.feed_hash
        if not answer.more:
            return found, cursor, feed_hash


def take_snapshot(feed, store_id="01"):
    """A whole snapshot, checked as a till checks it."""
    token, page, whole = "", 0, hashlib.sha256()
    rows: dict[str, list[dict[str, Any]]] = {}
    count = 0
    while True:
        answer = feed.snapshot(store_id, token, page)
        data = bytes(answer.rows)
        whole.update(data)
        part = json.loads(data)
        count += len(part)
        rows.setdefault(answer.dataset, []).extend(part)
        token, page = answer.token, page + 1
        if answer.last:
            assert (answer.count, answer.sha256) == (count, whole.hexdigest())
            return rows, answer


def state_of(versions):
    """What a till holds after applying versions: dataset → key → row."""
    held: dict[str, dict[str, Any]] = {name: {} for name in protocol.DATASETS}
    for _, changes in versions:
        for name in protocol.DATASETS:
            for row in getattr(changes, name):
                held[name][protocol.feed_key(row)] = row
        for name, keys in changes.removed.items():
            for key in keys:
                held[name].pop(key, None)
    return held


def test_an_import_becomes_one_version_that_a_till_can_check(feed, tmp_path):
    result = catalogue.import_items(feed, items_file(tmp_path))
    assert (result.rows, result.published, result.problems) == (2, 2, ())
    versions, cursor, feed_hash = follow(feed)
    assert [v for v, _ in versions] == [1]
    changes = versions[0][1]
    assert changes.items[0] == FeedItem(
        item_code="A1",
        name="农夫山泉",
        name_en="Water",
        spec="550ml",
        item_class="drinks",
        mnemonic="nfsq",
    )
    assert changes.items[1].weighed
    assert [(b.code, b.quantity_milli) for b in changes.barcodes] == [
        ("06901234567892", 1000),
        ("16901234567899", 12000),
    ]
    assert [p.unit_price_e4 for p in changes.prices] == [20000, 158000]
    assert follow(feed, cursor=cursor, feed_hash=feed_hash)[0] == []


def test_importing_the_same_again_publishes_nothing_and_a_change_only_itself(feed, tmp_path):
    file = items_file(tmp_path)
    catalogue.import_items(feed, file)
    assert catalogue.import_items(feed, file).versions == ()
    changed = items_file(tmp_path, ITEMS.replace("2.00", "2.50"))
    assert catalogue.import_items(feed, changed, dry_run=True).published == 1
    assert catalogue.import_items(feed, changed).versions == (2,)
    versions, *_ = follow(feed)
    assert versions[1][1].items == ()
    assert [(p.item_code, p.unit_price_e4) for p in versions[1][1].prices] == [("A1", 25000)]


def test_a_price_at_once_counts_even_after_dated_ones(feed, tmp_path):
    catalogue.import_items(feed, items_file(tmp_path), effective_day="2026-01-01")
    catalogue.import_items(feed, items_file(tmp_path, ITEMS.replace("2.00", "3.00")))
    prices = state_of(follow(feed)[0])["prices"]
    of_a1 = sorted(
        (p.effective_day, p.unit_price_e4) for p in prices.values() if p.item_code == "A1"
    )
    assert of_a1 == [("2026-01-01", 20000), (TODAY, 30000)]


def test_problem_rows_are_named_with_their_number_and_the_rest_is_taken(feed, tmp_path):
    text = (
        ITEMS + "A1,again,,,1,,,,\n,no code,,,1,,,,\nA4,no price,,,free,,,,\nA5,\x1b[2J,,,1,,,,\n"
    )
    result = catalogue.import_items(feed, items_file(tmp_path, text))
    assert [p.row for p in result.problems] == [4, 5, 6]
    assert result.published == 3
    names = {i.item_code: i.name for i in state_of(follow(feed)[0])["items"].values()}
    assert names["A5"] == "[2J"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_item_lists_come_in_the_encodings_of_the_trade(feed, tmp_path, encoding):
    catalogue.import_items(feed, items_file(tmp_path, encoding=encoding))
    assert state_of(follow(feed)[0])["items"]["A1"].name == "农夫山泉"


def test_a_workbook_is_an_item_list_too(feed, tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["item_code", "name", "price", "barcodes"])
    book.active.append([1001, "饼干", 3.5, 6901234567892])
    book.save(tmp_path / "items.xlsx")
    catalogue.import_items(feed, tmp_path / "items.xlsx")
    held = state_of(follow(feed)[0])
    assert list(held["items"]) == ["1001"]
    assert list(held["barcodes"]) == ["06901234567892"]
    assert held["prices"]["1001\t"].unit_price_e4 == 35000


def test_a_file_that_is_no_item_list_says_what_is_missing(feed, tmp_path):
    with pytest.raises(ListRefused, match="price missing"):
        catalogue.import_items(feed, items_file(tmp_path, "item_code,name\nA,B\n"))


def test_versions_are_each_stores_own_without_a_gap(feed):
    feed.publish(FeedChanges(items=(FeedItem(item_code="X", name="x"),)))
    feed.publish(FeedChanges(items=(FeedItem(item_code="Y", name="y"),)), scope="02")
    feed.publish(FeedChanges(items=(FeedItem(item_code="Z", name="z"),)))
    assert [v for v, _ in follow(feed, "01")[0]] == [1, 2]
    assert [v for v, _ in follow(feed, "02")[0]] == [1, 2, 3]
    assert "Y" not in state_of(follow(feed, "01")[0])["items"]


def test_a_store_added_later_gets_everything(feed):
    feed.publish(FeedChanges(items=(FeedItem(item_code="X", name="x"),)))
    feed.publish(FeedChanges(items=(FeedItem(item_code="Y", name="y"),)), scope="01")
    stores.add_store(feed.office, "03")
    assert set(state_of(follow(feed, "03")[0])["items"]) == {"X"}


def test_a_foreign_cursor_hash_or_incarnation_is_sent_to_the_snapshot(feed):
    feed.publish(FeedChanges(items=(FeedItem(item_code="X", name="x"),)))
    _, cursor, feed_hash = follow(feed)
    for bad_cursor, bad_hash in (
        ("ffffffffffffffff.1", ""),
        (cursor, "00" * 32),
        (cursor.replace(".1", ".9"), ""),
        ("nonsense", ""),
        (cursor + "'; DROP TABLE feed", ""),
    ):
        with pytest.raises(WireError) as error:
            feed.changes("01", 1, bad_cursor, bad_hash)
        assert error.value.code == protocol.ERROR_FOREIGN_CURSOR
    assert feed.changes("01", 1, cursor, feed_hash).versions == ()
    feed.office.renew_incarnation()
    with pytest.raises(WireError):
        feed.changes("01", 1, cursor, feed_hash)


def test_a_snapshot_equals_the_changes_and_names_each_prices_version(feed, tmp_path):
    catalogue.import_items(feed, items_file(tmp_path))
    catalogue.import_items(feed, items_file(tmp_path, ITEMS.replace("2.00", "2.50")))
    feed.publish(FeedChanges(items=(FeedItem(item_code="A2", name="own"),)), scope="01")
    feed.publish(FeedChanges(removed={"barcodes": ("06901234567892",)}))
    versions, cursor, feed_hash = follow(feed)
    rows, last = take_snapshot(feed)
    held = state_of(versions)
    for name, struct in protocol.DATASETS.items():
        import msgspec

        made = {
            protocol.feed_key(r): r
            for r in [msgspec.convert(row, struct) for row in rows.get(name, [])]
        }
        if name == "prices":
            made = {k: msgspec.structs.replace(r, version=0) for k, r in made.items()}
        assert made == held[name], name
    assert {r["item_code"]: r["version"] for r in rows["prices"]} == {"A1": 2, "A2": 1}
    assert (last.cursor, last.feed_hash, last.version) == (cursor, feed_hash, 4)


def test_a_snapshot_is_begun_again_when_something_is_published_meanwhile(feed):
    feed.publish(FeedChanges(items=(FeedItem(item_code="X", name="x"),)))
    token = feed.snapshot("01", "", 0).token
    feed.publish(FeedChanges(items=(FeedItem(item_code="Y", name="y"),)))
    with pytest.raises(WireError) as error:
        feed.snapshot("01", token, 0)
    assert error.value.code == protocol.ERROR_FOREIGN_CURSOR


def test_an_empty_catalogue_is_a_snapshot_of_no_rows(feed):
    rows, last = take_snapshot(feed)
    assert (rows, last.count, last.version) == ({"holds": []}, 0, 0)


def test_a_snapshot_says_that_the_last_hold_was_lifted(feed):
    item = FeedItem(item_code="X", name="x")
    feed.publish(FeedChanges(items=(item,), holds=(FeedHold(hold_id="h", item_code="X"),)))
    feed.publish(FeedChanges(removed={"holds": ("h",)}))
    rows, _ = take_snapshot(feed)
    assert rows["holds"] == []


def test_taking_a_stores_own_row_away_brings_the_common_one_back(feed):
    common = FeedPrice(item_code="X", effective_day="", unit_price_e4=100)
    own = FeedPrice(item_code="X", effective_day="", unit_price_e4=200)
    feed.publish(FeedChanges(prices=(common,)))
    feed.publish(FeedChanges(prices=(own,)), scope="01")
    feed.publish(FeedChanges(removed={"prices": ("X\t",)}), scope="01")
    assert state_of(follow(feed)[0])["prices"]["X\t"].unit_price_e4 == 100
    assert take_snapshot(feed)[0]["prices"][0]["unit_price_e4"] == 100


def test_an_operator_goes_down_as_salt_and_verifier_never_as_pin(feed):
    made = catalogue.operator("1001", "李娜", "cashier", "4711", language="zh_CN")
    catalogue.set_operator(feed, made)
    got = follow(feed)[0][0][1].operators[0]
    assert isinstance(got, FeedOperator)
    assert "4711" not in protocol.encode(got).decode()
    again = catalogue.pin_verifier("4711", base64.b64decode(got.salt))
    assert base64.b64encode(again).decode() == got.verifier
    other = catalogue.pin_verifier("4712", base64.b64decode(got.salt))
    assert base64.b64encode(other).decode() != got.verifier
    with pytest.raises(ValueError, match="PIN"):
        catalogue.operator("1", "x", "cashier", "12ab")


def test_a_hold_goes_down_and_is_lifted(feed):
    hold_id = catalogue.hold(feed, "A1", "recall")
    assert state_of(follow(feed)[0])["holds"][hold_id].item_code == "A1"
    catalogue.lift_hold(feed, hold_id)
    assert state_of(follow(feed)[0])["holds"] == {}


def test_directives_wait_until_the_till_has_journaled_them(hq, feed):
    from pos.domain.journal import EntryKind
    from pos.domain.journal.bodies import DirectiveDone
    from tests.sync.head_office.office_kit import JournalingTill

    till = JournalingTill()
    number = hq.source(till).workstation_no
    feed.direct("01", number, "clock", "{}", "d1")
    feed.direct("01", number, "clock", "{}", "d1")
    assert [d.directive_id for d in feed.directives("01", number)] == ["d1"]
    assert feed.changes("01", number, "", "").directives[0].kind == "clock"
    till.open()
    till.append(EntryKind.DIRECTIVE_DONE, DirectiveDone(directive_id="d1", action="done"))
    hq.take(till)
    assert feed.directives("01", number) == ()


def test_publishing_from_two_connections_gives_each_version_once(feed, hq):
    import threading

    def publish(name):
        for number in range(8):
            feed.publish(FeedChanges(items=(FeedItem(item_code=f"{name}{number}", name="x"),)))
        hq.office.dialect.close()

    threads = [threading.Thread(target=publish, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [v for v, _ in follow(feed)[0]] == list(range(1, 25))


@pytest.mark.slow
def test_a_hundred_thousand_items_are_imported_in_seconds(tmp_path):
    import time

    made = make_office(tmp_path / "big")
    stores.add_store(made.office, "01")
    lines = [f"C{n:06d},商品{n},{n % 97}.50,69{n:011d}" for n in range(100_000)]
    file = items_file(tmp_path, "item_code,name,price,barcodes\n" + "\n".join(lines))
    began = time.monotonic()
    result = catalogue.import_items(Feed(made.office), file)
    assert time.monotonic() - began < 60
    assert (result.published, len(result.problems)) == (100_000, 0)
    _, last = take_snapshot(Feed(made.office))
    assert last.count == 300_000
    made.office.close()


def test_headings_of_the_trade_are_known_and_a_code_given_twice_is_a_problem(feed, tmp_path):
    text = "编码,品名,售价,条码\nA,啤酒,3,6901234567892\nB,茶,4,06901234567892\nC,奶,5,6.90E+12\n"
    result = catalogue.import_items(feed, items_file(tmp_path, text, "gb18030"))
    assert result.problems[0].row == 3
    assert result.problems[0].text() == (
        "row 3, barcodes: expected each barcode once, got '06901234567892 (row 2)'"
    )
    assert "spreadsheet" in result.problems[1].text()
    assert result.published == 1
