"""A placed order as its supplier gets it, requisitions with supplier and day, claims with their point."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager

import msgspec
import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Supplier
from pos.domain.goods.receiving import Difference
from pos.receipt import goods_receiving
from sync.head_office.dashboard import receipt_texts
from sync.head_office.dashboard.order_paper import paper_rows
from sync.head_office.goods_following import follow
from sync.head_office.goods_requisitions import Requisitions
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.goods_kit import goods_line
from tests.sync.head_office.orders_chain import OrdersChain
from tests.sync.head_office.orders_kit import BUYER, FINANCE, Bureau
from tests.sync.head_office.pages_kit import Pages, form_token


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = OrdersChain(tmp_path_factory.mktemp("orders") / "hq")
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as served:
        yield served


@contextmanager
def signed_in(pages, name, **headers):
    with pages.client(**headers) as client:
        token = form_token(client.get("/login").text)
        data = {"form_token": token, "name": name, "password": PASSWORD}
        assert client.post("/login", data=data).status_code == 303
        yield client


def test_a_placed_order_prints_in_both_languages_and_saves_as_a_sheet(pages, chain):
    """SUP-05: nothing that was not placed goes to a supplier."""
    asked = {"store": chain.part.store_id, "order": chain.part.order_id}
    with signed_in(pages, "Li", **{"accept-language": "en-GB"}) as client:
        page = client.get("/orders/paper", params=asked).text
        assert "Purchase order" in page
        assert "海天调味食品有限公司" in page
        assert "145.00" in page  # 10 x 2.50 + 4 x 30.00
        chinese = client.get("/orders/paper", params=asked | {"lang": "zh_CN"}).text
        assert 'lang="zh-CN"' in chinese
        assert "<h1>采购订单</h1>" in chinese
        sheet = client.get("/orders/paper/sheet", params=asked)
        rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
        assert [(row["item_code"], row["quantity"], row["amount"]) for row in rows] == [
            ("A", "10", "25.00"),
            ("B", "4", "120.00"),
        ]
        draft = {"store": chain.draft.store_id, "order": chain.draft.order_id}
        assert client.get("/orders/paper", params=draft).status_code == 409
        audited = {"store": "02", "order": chain.audited.order_id}
        assert client.get("/orders/paper/sheet", params=audited).status_code == 409


def test_a_sheet_for_a_supplier_s_program_has_plain_amounts(chain):
    lines = tuple(
        msgspec.structs.replace(line, quantity_milli=1_000_000, unit_cost_e4=12_345_600)
        for line in chain.part.order.lines
    )
    order = msgspec.structs.replace(chain.part.order, lines=lines)
    rows = paper_rows(msgspec.structs.replace(chain.part, order=order), "")
    assert {row["amount"] for row in rows} == {"1234560.00"}


def test_the_letterhead_is_set_once_and_that_the_supplier_has_it_is_in_the_history(pages, chain):
    """SUP-05."""
    named = {"store": chain.part.store_id, "order": chain.part.order_id}
    with signed_in(pages, "Li") as client:
        token = form_token(client.get("/orders/paper", params=named).text, "csrf")
        head = {
            "act": "letterhead",
            "name": "东海商贸有限公司",
            "address": "Road 1",
            "tax_no": "91X",
        }
        answer = client.post("/orders/paper", data=named | head | {"csrf": token})
        assert answer.status_code == 303
        given = {"act": "given", "note": "by e-mail", "csrf": token}
        assert client.post("/orders/paper", data=named | given).status_code == 303
        page = client.get("/orders/paper", params=named).text
        assert '<div class="company">东海商贸有限公司</div>' in page
        history = client.get("/orders/one", params=named).text
        assert "by e-mail" in history
    with signed_in(pages, "Wang") as client:
        token = form_token(client.get("/orders").text, "csrf")
        refused = client.post("/orders/paper", data=named | given | {"csrf": token})
        assert refused.status_code == 403


def test_a_requisition_names_its_supplier_and_day_and_the_order_takes_them(pages, chain):
    """SUP-03."""
    bureau = chain.bureau
    line = goods_line(1, "A", 12, reason="minimum", note="sold 4.2 a day, 9 left")
    uuid = bureau.post(
        [line],
        kind=DocumentKind.REQUISITION,
        people=(),
        counterparty_id="S1",
        counterparty_name="海天",
        due_day="2099-01-05",
    )
    with signed_in(pages, "Li") as client:
        page = client.get("/requisitions").text
        assert "wanted by 2099-01-05" in page
        assert "sold 4.2 a day, 9 left" in page
        assert '<td class="why">minimum' not in page
    Requisitions(bureau.orders).answer(BUYER, "01", uuid, {})
    with signed_in(pages, "Li") as client:
        page = client.get("/requisitions").text
        form = page.partition(f'name="document" value="{uuid}" checked')[2].partition("</form>")[0]
        assert '<option value="S1" selected>' in form
        assert 'name="due_day" value="2099-01-05"' in form


def test_a_claim_tells_which_point_of_the_checklist_failed(pages, chain):
    """RCV-05, RCV-06."""
    chain.bureau.post(
        [goods_line(1, "A", 2, reason="checklist", failed_checks=("chinese_label", "shop's own"))],
        kind=DocumentKind.DISCREPANCY,
        counterparty_id="S1",
        people=(),
    )
    with signed_in(pages, "Li") as client:
        page = client.get("/claims").text
        assert "no: Chinese label, shop&#39;s own" in page
        assert page.count("no: Chinese label") == 1  # control: the others failed none
        sheet = client.get("/claims/sheet").text
    assert "chinese_label shop's own" in sheet


def test_a_receipt_says_in_words_what_was_checked(pages, chain):
    """RCV-04..06, RCV-16."""
    chain.bureau.post(
        [
            goods_line(
                1, "A", 2, reason="checklist", failed_checks=("origin",), rejected_milli=1000,
                certificate="QC-9", temperature_tenths=-185, production_day="2026-11-01",
            )
        ],
        statement="opened quality own_point",
        review=("short_life",),
    )  # fmt: skip
    row = chain.bureau.hq.rows(
        "SELECT workstation_no, epoch_no, seq FROM goods_document WHERE store_id = '01' "
        "AND document_kind = 'receipt' ORDER BY seq DESC"
    )[0]
    with signed_in(pages, "Li", **{"accept-language": "en-GB"}) as client:
        key = "/".join(map(str, row))
        page = client.get("/stock/document", params={"store": "01", "key": key}).text
    for text in (
        "In order on every line but those marked: boxes opened, quality, own_point",
        "Less life left than the shop wants",
        "no: origin agrees with the packaging",
        "certificate QC-9",
        "on arrival -18.5 °C",
        "2026-11-01",
        "Not as required",
    ):
        assert text in page


# ----------------------------------------------------------------------------- tolerance


def test_what_the_suppliers_tolerance_allows_is_no_finding(hq):
    """RCV-15: beyond it is."""
    bureau = Bureau(hq)
    bureau.suppliers.enter(BUYER, Supplier(supplier_id="S1", name="S1", tolerance_bp=1000))
    bureau.suppliers.approve(FINANCE, "S1")
    kept = bureau.placed([("A", 10, 25_000)])
    bureau.receive(kept, (1, 11))
    assert "over_received" not in hq.audit()
    bureau.receive(kept, (1, 1))
    follow(bureau.orders, "01")
    assert "over_received" in hq.audit()


def test_head_office_has_a_word_for_everything_that_the_till_writes_on_receipts():
    """RCV-05, RCV-06: the same words, so that shop and head office speak of the same thing."""
    assert receipt_texts.POINTS == goods_receiving.POINTS
    assert receipt_texts.DIFFERENCES == goods_receiving.DIFFERENCES
    assert {one.value for one in Difference} <= set(receipt_texts.DIFFERENCES)
