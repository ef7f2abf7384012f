"""串码 of a month on head office's page: pairs with slips and cashiers, and who does it again (SEL-02)."""

from __future__ import annotations

import csv
import io

import pytest

from pos.services.goods import counting
from sync.head_office import count_rows, cross_code_report, people
from sync.head_office.feed import Feed
from sync.head_office.goods_counts import GoodsCounts
from tests.sync.goods.test_count_pages import as_person
from tests.sync.goods.test_counts import STORE
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.pages_kit import Pages


def count_after(shop, *, wrong: bool) -> str:
    """A shop whose noodles were rung up for water, or which sold nothing wrong, is counted."""
    first = shop.tills[0]
    shop.receive(first, NOOD=10_000, W550=10_000)
    shop.settle()
    shop.sell(first, "NOOD", 2000)
    if wrong:
        shop.shelf["NOOD"] += 2000
        shop.shelf["W550"] -= 2000
    opened = GoodsCounts(Feed(shop.world.office)).open(STORE, by="finance")
    shop.settle()
    count = shop.join(first)
    for item in ("NOOD", "W550"):
        shop.wait()
        shop.scan(first, count, item, shop.shelf[item])
    shop.wait()
    counting.end(first.till, count).result(10)
    shop.settle()
    counts = GoodsCounts(Feed(shop.world.office))
    if counts.get(STORE, opened.count_id).state == "open":
        counts.compute(counts.get(STORE, opened.count_id), by="finance")
    return opened.count_id


def months(shop) -> tuple[str, str]:
    count = count_rows.find(shop.world.office.dialect, store_id=STORE)[0]
    month = cross_code_report._day(count)[:7]
    whole = int(month[:4]) * 12 + int(month[5:7])
    return month, f"{whole // 12:04d}-{whole % 12 + 1:02d}"


def test_a_pair_is_shown_with_slips_and_cashier_and_told_again_in_the_next_month(shop):
    count_id = count_after(shop, wrong=True)
    dialect = shop.world.office.dialect
    month, following = months(shop)
    found = cross_code_report.report(dialect, month, STORE)
    (pair,) = found.pairs
    assert (pair.count_id, pair.suggestion.pair.surplus, pair.suggestion.pair.shortage) == (
        count_id, "NOOD", "W550",
    )  # fmt: skip
    assert [slip.operator_id for slip in pair.suggestion.slips] == ["8001"]
    (cashier,) = found.cashiers
    assert (cashier.operator_id, cashier.pairs, cashier.repeated) == ("8001", 1, False)
    assert cross_code_report.report(dialect, following).pairs == []
    assert cross_code_report.report(dialect, month, "no such").pairs == []
    assert not pair.confirmed
    counts = GoodsCounts(Feed(shop.world.office))
    counts.reason(counts.get(STORE, count_id), "*", "cross_code", by="finance")
    assert cross_code_report.report(dialect, month).pairs[0].confirmed
    # The same count a month later: its cashier stood on an earlier month's slips.
    dialect.execute(
        "UPDATE stock_count SET ended_utc_ms = ended_utc_ms - ?, "
        "computed_utc_ms = computed_utc_ms - ?",
        (31 * 86_400_000, 31 * 86_400_000),
    )
    assert cross_code_report.report(dialect, month).pairs == []


def test_a_count_without_a_pair_gives_none(shop):
    """The control: the same shop, nothing sold under another code."""
    count_after(shop, wrong=False)
    found = cross_code_report.report(shop.world.office.dialect, months(shop)[0])
    assert (found.pairs, found.cashiers, found.counts) == ([], [], 1)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_and_its_file_say_the_same(shop, language):
    count_id = count_after(shop, wrong=True)
    month, _ = months(shop)
    people.set_password(shop.world.office, "finance", PASSWORD, "finance")
    with Pages(shop.world.folder / "office") as pages, as_person(pages, "finance") as client:
        client.headers["accept-language"] = language
        asked = {"month": month, "store": STORE}
        text = client.get("/counts/cross-codes", params=asked).text
        assert count_id in text
        assert 'data-cashier="8001"' in text
        sheet = client.get("/counts/cross-codes", params=asked | {"format": "csv"}).text
        assert client.get("/counts/cross-codes?month=nonsense").status_code == 200
    (row,) = csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))
    assert (row["rung_up"], row["went_out"], row["cashiers"]) == ("NOOD", "W550", "8001 (1)")


def test_who_stands_there_again_is_said():
    def cashier(pairs: int, earlier: int) -> bool:
        return cross_code_report.Cashier(
            store_id="01", operator_id="1", pairs=pairs, slips=pairs, earlier=earlier
        ).repeated

    assert [cashier(*one) for one in ((1, 0), (2, 0), (1, 1), (0, 4))] == [
        False, True, True, False,
    ]  # fmt: skip
