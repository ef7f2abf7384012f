"""The pages about stock, over HTTP: what they say, in both languages, and what they never let through."""

from __future__ import annotations

import csv
import io

import pytest

from tests.sync.head_office.demo_chain import HOSTILE_CODE, HOSTILE_NAME
from tests.sync.head_office.pages_kit import Pages
from tests.sync.head_office.stock_chain import StockChain


@pytest.fixture(scope="module")
def chain(tmp_path_factory, chain_database_url):
    folder = tmp_path_factory.mktemp("chain") / "hq"
    made = StockChain(folder, sales_a_day=8, database_url=chain_database_url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as served:
        yield served


def rows_of(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


PATHS = [
    "/stock",
    "/stock?store=001",
    "/stock?store=001&by=class",
    "/stock?store=002&by=batch",
    "/stock/item?store=001",
    "/stock/documents",
    "/stock/odd",
    "/stock/odd?store=001",
    "/stock/odd?kind=dead&class=x",
    "/stock/age",
    "/stock/age?store=002&days=1",
    "/",
    "/parts/goods",
    "/quality",
    "/quality/trace",
    "/quality/trace?find=L2611",
    "/quality/records",
    "/quality/records?list=due",
    "/quality/records?list=maintenance",
    "/quality/records?list=temperatures&store=001",
    "/stock/transit",
    "/ledger",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_every_page_answers_in_both_languages_to_signed_in_people_only(pages, path, language):
    with pages.client() as stranger:
        assert stranger.get(path).status_code == 303
    with pages.signed_in(**{"accept-language": language}) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert HOSTILE_NAME not in answer.text


def test_the_report_tells_value_and_movement_and_its_file_has_the_same(pages, chain):
    code = chain._goods[0][0]
    with pages.signed_in() as client:
        page = client.get(f"/stock?store=001&from={chain.days[0]}&to={chain.last_day}").text
        rows = rows_of(
            client.get(f"/stock?store=001&from={chain.days[0]}&to={chain.last_day}&format=csv")
        )
    assert f'data-item="{code}"' in page
    (row,) = [one for one in rows if one["item_code"] == code]
    numbers = {name: float(row[name]) for name in ("opening", "in", "out", "adjust", "closing")}
    assert numbers["opening"] == 0
    assert numbers["adjust"] == 200  # the opening count
    assert numbers["in"] >= 200
    total = numbers["opening"] + numbers["in"] - numbers["out"] + numbers["adjust"]
    assert total == numbers["closing"]
    assert row["value"]


def test_an_items_history_links_to_its_documents(pages, chain):
    code = chain._goods[0][0]
    with pages.signed_in() as client:
        page = client.get(f"/stock/item?store=002&item={code}").text
        assert "NO-t-in" in page
        key = page.partition("/stock/document?store=002&amp;key=")[2].partition('"')[0]
        document = client.get(f"/stock/document?store=002&key={key}").text
        missing = client.get(
            "/stock/document?store=002&key=1/1/999999", headers={"accept": "text/html"}
        )
    assert 'id="lines"' in document
    assert missing.status_code == 404


def test_a_refused_document_is_shown_with_why_and_without_second_signature(pages):
    with pages.signed_in() as client:
        page = client.get("/stock/documents?state=refused").text
    assert "NO-one-hand" in page
    assert "signed by one person only" in page
    assert "NO-t-in" not in page


def test_transfers_show_what_is_under_way_and_what_came_short(pages):
    with pages.signed_in() as client:
        page = client.get("/stock/transit").text
        rows = rows_of(client.get("/stock/transit?format=csv"))
    assert "<strong>-2</strong>" in page
    assert {row["document_no"]: row["received_no"] for row in rows} == {
        "NO-t-short": "NO-t-in",
        "NO-t-under-way": "",
    }


def test_the_ledgers_page_says_equal_and_differs_and_what_was_not_proven(pages, chain):
    with pages.signed_in() as client:
        page = client.get("/ledger").text
        rows = rows_of(client.get("/ledger?format=csv"))
        one = client.get("/ledger?store=001").text
        sheet = rows_of(client.get(f"/ledger/day?store=002&day={chain.last_day}&workstation_no=1"))
    assert {(row["store_id"], row["state"]) for row in rows} == {
        ("001", "equal"),
        ("002", "differs"),
    }
    assert "Differs" in page
    assert "NO-one-hand" in page
    assert "Differs" not in one
    assert "Closed without a proof" in page
    assert sum(int(row["movements"]) for row in sheet) == int(
        next(row["own_movements"] for row in rows if row["store_id"] == "002")
    )


def test_a_name_that_is_a_formula_or_a_tag_stays_text_in_pages_and_files(pages):
    with pages.signed_in() as client:
        page = client.get("/stock?store=002&by=batch").text
        rows = rows_of(client.get("/stock?store=002&by=batch&format=csv"))
    assert HOSTILE_NAME not in page
    assert f"'{HOSTILE_CODE}" in {row["item_code"] for row in rows}


@pytest.mark.parametrize(
    "path",
    ["/stock/document?store=001&key=x", "/ledger/day?store=001&day=2026-11-01&workstation_no=x"],
)
def test_an_address_that_is_none_is_told_so(pages, path):
    with pages.signed_in(accept="text/html") as client:
        assert client.get(path).status_code == 404
        assert client.get("/stock?store=001&from=2026-02-31&to=x&by=colour").status_code == 200
