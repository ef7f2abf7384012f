"""The pages of quality and the tile of goods: who may be called, traces, records, what waits."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule
from pos.domain.goods.registers import Register
from sync.head_office import goods_board
from sync.head_office.goods_lists import set_rules
from sync.head_office.goods_recalls import Recalls
from sync.head_office.service import Service
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.goods_kit import goods_line, note
from tests.sync.head_office.office_kit import line, make_office, transaction
from tests.sync.head_office.orders_kit import BUYER, QUALITY, Bureau
from tests.sync.head_office.pages_kit import Pages, form_token

MEMBER = "13800001111"
NOW_MS = 1_795_435_200_000
"""2026-11-23, noon: two days after what the tills did."""


class QualityChain:
    """A recalled batch that two slips are of: one names it, the other may be of it."""

    def __init__(self, folder, database_url):
        self.folder = folder
        bureau = self.bureau = Bureau(make_office(folder, database_url, clock=lambda: NOW_MS))
        bureau.sign_up(PASSWORD)
        rule = ClassRule(item_class="food", trade="medicine", maintenance_days=1)
        set_rules(bureau.feed, BUYER, "class_rules", [rule])
        received = goods_line(1, "A", 9, batch="L1", expiry="2026-01-01", received_milli=9_000)
        bureau.post([received], counterparty_name="国药控股")
        till = bureau.tills["01"]
        first = len(till.records) + 1
        till.sell(
            transaction(1, [line(1, "A", 1000, 500)], transaction_no="T-1", member_id=MEMBER)
        )
        till.sell(transaction(2, [line(1, "A", 1000, 500, batch="L1")], transaction_no="T-2"))
        bureau.hq.take(till, first)
        self.notice = Recalls(bureau.orders).issue(
            QUALITY, notice_no="N-1", item_code="A", reason="x", batches=("L1",), recall=True
        )
        first = len(till.records) + 1
        note(
            till, Register.RECALL, f"RC-{self.notice.notice_id}", "told", item_code="A",
            batch="L1", document_no="T-2", fields={"how": "SMS", "note": "<b>stop</b>"},
        )  # fmt: skip
        note(till, Register.ADVERSE, "x", "reported", item_code="A", event_utc_ms=1_000_000_000)
        bureau.hq.take(till, first)
        bureau.post(
            [goods_line(1, "A", 1)], kind=DocumentKind.REQUISITION, people=(), store_id="02"
        )


@pytest.fixture(scope="module")
def chain(tmp_path_factory, chain_database_url) -> Iterator[QualityChain]:
    made = QualityChain(tmp_path_factory.mktemp("quality"), chain_database_url)
    yield made
    made.bureau.office.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as served:
        yield served


@contextmanager
def signed_in(pages, name, **headers) -> Iterator[httpx.Client]:
    with pages.client(**headers) as client:
        token = form_token(client.get("/login").text)
        client.post("/login", data={"form_token": token, "name": name, "password": PASSWORD})
        yield client


def rows_of(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_qlt_05_the_call_list_has_certain_and_perhaps_apart_and_the_log_by_batch(pages, chain):
    path = f"/quality/calls?notice={chain.notice.notice_id}"
    with signed_in(pages, "Zhao") as client:
        page = client.get(path).text
        whole = client.get("/quality").text
        rows = rows_of(client.get(f"/quality/sheet?list=bought&notice={chain.notice.notice_id}"))
        assert rows_of(client.get("/quality/sheet?list=bought&notice=other")) == []
        other_store = client.get(f"{path}&store=02").text
        assert client.get("/quality/calls?notice=x").status_code == 404
    named, _, perhaps = page.partition("Perhaps: the slip names no batch")
    perhaps = perhaps.partition("Contact log")[0]
    assert 'data-slip="T-2"' in named
    assert 'data-slip="T-1"' not in named
    assert 'data-slip="T-1"' in perhaps
    assert MEMBER in perhaps
    assert "Batch L1" in page
    assert "SMS" in page
    assert "<b>stop</b>" not in page
    assert "T-1" in whole
    assert {(row["transaction_no"], row["certain"]) for row in rows} == {
        ("T-1", "False"),
        ("T-2", "True"),
    }
    assert "T-1" not in other_store


def test_only_who_may_recall_sees_whole_numbers(pages, chain):
    """The clerk reads the page; telephone and member are shortened, on the page and in the file."""
    path = f"/quality/calls?notice={chain.notice.notice_id}"
    with signed_in(pages, "Wang") as client:
        page = client.get(path).text
        sheet = client.get("/quality/sheet?list=bought").text
    assert "138****1111" in page
    assert MEMBER not in page
    assert MEMBER not in sheet
    with signed_in(pages, "Zhao") as client:
        assert MEMBER in client.get("/quality/sheet?list=bought").text


def test_a_recalls_page_counts_perhaps_apart(pages):
    with signed_in(pages, "Zhao") as client:
        page = client.get("/recalls").text
    assert "None of it was sold" not in page
    assert "1 slips" in page


def test_qlt_14_traces_lead_from_slip_to_batch_to_supplier(pages):
    with signed_in(pages, "Wang") as client:
        slip = client.get("/quality/trace?find=T-1").text
        assert "/quality/trace?item=A&amp;batch=L1" in slip
        batch = client.get("/quality/trace?item=A&batch=L1").text
        item = client.get("/quality/trace?find=A").text
        nothing = client.get("/quality/trace?find=<script>").text
    assert "国药控股" in batch
    assert 'data-slip="T-1"' in batch
    assert 'data-slip="T-2"' in batch
    assert "国药控股" in item
    assert "Nothing here has this code." in nothing
    assert "<script>" not in nothing.partition("</head>")[2]


@pytest.mark.parametrize("name", ["purchases", "due", "maintenance", "temperatures"])
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_every_record_has_its_page_and_its_file(pages, name, language):
    with signed_in(pages, "Wang", **{"accept-language": language}) as client:
        page = client.get(f"/quality/records?list={name}&from=2026-01-01&to=2027-12-31")
        sheet = client.get(f"/quality/sheet?list={name}&from=2026-01-01&to=2027-12-31")
    assert page.status_code == 200
    rows = rows_of(sheet)
    assert ('id="record"' in page.text) == bool(rows)
    if name == "purchases":
        assert [(row["batch"], row["supplier"]) for row in rows] == [("L1", "国药控股")]


def test_qlt_15_a_reaction_shows_when_it_happened_and_when_it_was_entered(pages):
    with signed_in(pages, "Wang") as client:
        page = client.get("/quality").text
    assert "<strong>1970-01-1" in page


def test_the_tile_counts_what_waits_and_links_to_its_page(pages, chain):
    with signed_in(pages, "Wang") as client:
        tile = client.get("/parts/goods").text
        assert 'data-waits="recalls"' in client.get("/").text
        for part in tile.split('href="')[1:]:
            path = part.partition('"')[0].replace("&amp;", "&")
            assert client.get(path).status_code == 200, path
    service = Service(chain.bureau.office)
    board = goods_board.board(service)
    waits = {one.what: one.count for one in board.waits}
    assert (waits["recalls"], waits["requisitions"], waits["upkeep"]) == (1, 1, 1)
    assert waits["claims"] == waits["ledgers"] == waits["late_orders"] == 0
    assert {one.what: one.count for one in board.warnings}["expired"] == 1
    elsewhere = goods_board.board(service, "02")
    assert {one.what: one.count for one in elsewhere.waits}["upkeep"] == 0
    assert not elsewhere.warnings
