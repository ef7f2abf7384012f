"""What sells here comes first in the search index, brought there by the uploader."""

from __future__ import annotations

import pytest

from pos.services import shifts
from pos.store.item_import import run_import
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from sync.ranking import EVERY_MS, FIRST_AFTER_MS, Ranking
from tests.pos.services.shop import DAY, act_as, open_till, sell, staff


@pytest.fixture
def home(tmp_path):
    items = tmp_path / "items.csv"
    rows = "".join(f"{n:04d},可乐{n}号,1.00,69012345{n:05d}\n" for n in range(60))
    items.write_text("item_code,name,price,barcodes\n" + rows, encoding="utf-8")
    folder = tmp_path / "home"
    folder.mkdir()
    with ReferenceWriter.open(folder, app_version="test") as writer:
        run_import(writer, items, effective_day="2020-01-01")
    return folder


def found(home) -> list[str]:
    reader = ReferenceReader(home)
    try:
        return [hit.item.item_code for hit in reader.search("可乐", DAY, 3)]
    finally:
        reader.close()


def test_goods_sold_here_are_found_first(home):
    till = open_till(home)
    staff(till)
    act_as(till, "3001")
    opened = shifts.open_day(till, DAY, 0)
    assert isinstance(opened, shifts.DayOpened)
    opened.saved.result()
    for _ in range(5):
        sell(till, ("0042", 1000))
    till.journal.close()
    assert "0042" not in found(home)

    ranking = Ranking(home, now_ms=0)
    assert not ranking.due(FIRST_AFTER_MS - 1)
    assert ranking.due(FIRST_AFTER_MS)
    with ReferenceWriter.open(home, app_version="test") as writer:
        assert ranking.refresh(writer, FIRST_AFTER_MS) == 1
        assert ranking.refresh(writer, FIRST_AFTER_MS) == 0
    assert found(home)[0] == "0042"
    assert not ranking.due(FIRST_AFTER_MS + EVERY_MS - 1)


def test_a_home_that_never_traded_has_nothing_to_rank(home):
    with ReferenceWriter.open(home, app_version="test") as writer:
        assert Ranking(home, now_ms=0).refresh(writer, 0) == 0
