"""Long lists by the page: the filter keeps its place, totals and files are of all of it, classes have names."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator

import httpx
import pytest

from pos.domain.goods.documents import DocumentKind
from sync.head_office.feed import Feed
from sync.protocol import FeedBarcode, FeedChanges, FeedClass, FeedItem
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.goods_kit import document, goods_line, post
from tests.sync.head_office.office_kit import DAY, JournalingTill
from tests.sync.head_office.orders_kit import Bureau
from tests.sync.head_office.pages_kit import Pages, form_token

COUNT = 230


@pytest.fixture(scope="module")
def filled(tmp_path_factory, chain_database_url) -> Iterator[Pages]:
    """230 items at 2.00 received three of each, on 230 receipts."""
    from tests.sync.head_office.office_kit import make_office

    folder = tmp_path_factory.mktemp("pages")
    hq = make_office(folder, chain_database_url)
    bureau = Bureau(hq)
    bureau.sign_up(PASSWORD)
    Feed(hq.office).publish(
        FeedChanges(
            items=tuple(
                FeedItem(
                    item_code=f"I{n:03d}",
                    name=f"item {n:03d} <b>",
                    mnemonic=f"zz{n:03d}",
                    item_class="0101" if n % 2 else "0102",
                )
                for n in range(COUNT)
            ),
            barcodes=(FeedBarcode(code="06981323783631", item_code="I007"),),
            classes=(
                FeedClass(item_class="0101", name="蔬菜", name_en="Vegetables"),
                FeedClass(item_class="0102", name="水果"),
            ),
        )
    )
    till = JournalingTill("01", "9", "uuid-9", "epoch-9")
    till.open()
    till.business_day = DAY
    for n in range(COUNT):
        goods = goods_line(1, f"I{n:03d}", 3, unit_cost_e4=20_000)
        kind = DocumentKind.SUPPLIER_RETURN if n == 5 else DocumentKind.RECEIPT
        post(till, document(f"d{n:03d}", [goods], kind=kind, counterparty_name=f"东海 {n % 3}%"))
    hq.take(till)
    with Pages(folder) as running:
        yield running
    hq.office.close()


@pytest.fixture
def client(filled) -> Iterator[httpx.Client]:
    with filled.client(accept="text/html") as made:
        token = form_token(made.get("/login").text)
        made.post("/login", data={"form_token": token, "name": "Zhang", "password": PASSWORD})
        yield made


def keys(page: str) -> list[str]:
    return re.findall(r'<tr data-item="(I\d+)"', page)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("path", ["/stock", "/planning"])
def test_every_row_is_on_one_page_and_links_keep_the_filter(client, path):
    address = f"{path}?store=01&from={DAY}&to={DAY}&class=0102"
    seen: list[str] = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "水果" in answer.text
        seen += keys(answer.text)
        found = re.search(r'<a href="([^"]+)" rel="next">', answer.text)
        address = html.unescape(found.group(1)) if found else ""
        assert not address or "class=0102" in address
    assert sorted(seen) == [f"I{n:03d}" for n in range(0, COUNT, 2)]


def test_totals_and_the_file_are_of_the_whole_filter(client):
    first = client.get(f"/stock?store=01&from={DAY}&to={DAY}").text
    assert len(keys(first)) == 100
    # 229 received, three pieces each at 2.00; what was sent back never had a cost.
    assert f"{(COUNT - 1) * 6:,}.00" in first
    assert "1 to 100 of 230" in first
    rows = rows_of(client.get(f"/stock?store=01&from={DAY}&to={DAY}&format=csv&page=3").text)
    assert len(rows) == COUNT
    assert {row["class_name"] for row in rows} == {"Vegetables", "水果"}
    last = client.get(f"/stock?store=01&from={DAY}&to={DAY}&page=99").text
    assert len(keys(last)) == 30


@pytest.mark.parametrize(
    ("find", "expected"),
    [("zz042", ["I042"]), ("6981323783631", ["I007"]), ("item 11", None), ("no such", [])],
)
def test_an_item_is_found_by_name_barcode_and_mnemonic(client, find, expected):
    wanted = [f"I{n:03d}" for n in range(110, 120)] if expected is None else expected
    answer = client.get("/stock", params={"store": "01", "from": DAY, "to": DAY, "find": find})
    assert sorted(keys(answer.text)) == wanted
    assert f'name="find" value="{find}"' in answer.text


def test_documents_are_paged_filtered_and_summed(client):
    def listed(**asked: str) -> tuple[int, str]:
        answer = client.get("/stock/documents", params={"store": "01", **asked})
        assert answer.status_code == 200, answer.text
        return answer.text.count("/stock/document?"), answer.text

    assert listed()[0] == 100
    assert listed(page="3")[0] == 30
    assert listed(kind="supplier_return")[0] == 1
    assert listed(find="I042")[0] == 1
    count, text = listed(find="东海 1%")
    assert (count, "1 to 77 of 77" in text) == (77, True)
    assert listed(find="东海_1")[0] == 0
    assert listed(to="2020-01-01")[0] == 0
    whole = client.get("/stock/documents?store=01&format=csv&find=" + "东海 1%25")
    assert len(rows_of(whole.text)) == 77


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_classes_are_shown_with_their_names_in_the_readers_language(client, language):
    name = "0101 蔬菜" if language == "zh-CN" else "0101 Vegetables"
    for path in (f"/stock?store=01&to={DAY}", f"/stock?store=01&by=class&to={DAY}", "/planning"):
        text = client.get(path, headers={"accept-language": language}).text
        assert name in text, path


def test_names_of_classes_are_imported_as_a_list_and_exported_as_it_was(filled, tmp_path):
    """The list that a shop exports from elsewhere, Chinese headings and all."""
    with filled.client(accept="text/html") as client:
        token = form_token(client.get("/login").text)
        client.post("/login", data={"form_token": token, "name": "admin", "password": PASSWORD})
        data = "类别编码,类别名称,上级分类\n0201,饮料,02\n02,食品,\n0202,,02\n".encode("gb18030")
        answer = client.post(
            "/suppliers/import",
            data={"csrf": form_token(client.get("/suppliers/rules").text, "csrf")},
            files={"file": ("classes.csv", data, "text/csv")},
        )
        assert 'id="imported"' in answer.text, answer.text
        rows = rows_of(client.get("/suppliers/sheet?list=classes").text)
    by_code = {row["item_class"]: row for row in rows}
    assert by_code["0201"] == {
        "item_class": "0201", "name": "饮料", "name_en": "", "parent": "02",
    }  # fmt: skip
    assert "0202" not in by_code
    assert by_code["0101"]["name_en"] == "Vegetables"
