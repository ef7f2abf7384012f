"""The goods pages over HTTP: who may do what, tokens, refusals as pages, sheets without formulas."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule
from sync.head_office import people
from sync.head_office.goods_lists import set_rules
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.order_documents import OrderState
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.goods_kit import goods_line
from tests.sync.head_office.orders_chain import OrdersChain
from tests.sync.head_office.orders_kit import BUYER, EVERYBODY
from tests.sync.head_office.pages_kit import Pages, form_token

PAGES = (
    "/orders",
    "/orders?view=all&kind=recall",
    "/suppliers",
    "/suppliers/one?supplier=S1",
    "/suppliers/rules",
    "/requisitions",
    "/claims",
    "/recalls",
    "/quality",
    "/quality?store=01",
    "/invoices",
    "/invoices/one?store=01&supplier=S1&invoice=F-1002",
)
SHEETS = (
    "/orders/sheet",
    "/claims/sheet",
    "/recalls/sheet",
    *(f"/quality/sheet?list={name}" for name in ("ending", "bought", "readings", "devices")),
    "/invoices/sheet",
    *(
        f"/suppliers/sheet?list={name}"
        for name in ("suppliers", "item_rules", "figures", "prices")
    ),
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory, chain_database_url) -> Iterator[OrdersChain]:
    folder = tmp_path_factory.mktemp("orders")
    made = OrdersChain(folder, chain_database_url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain) -> Iterator[Pages]:
    with Pages(chain.folder) as running:
        yield running


@contextmanager
def signed_in(pages: Pages, name: str, **headers: str) -> Iterator[httpx.Client]:
    with pages.client(**({"accept": "text/html"} | headers)) as client:
        token = form_token(client.get("/login").text)
        answer = client.post(
            "/login", data={"form_token": token, "name": name, "password": PASSWORD}
        )
        assert answer.status_code == 303, answer.text
        yield client


def csrf(client: httpx.Client, page: str = "/orders") -> str:
    return form_token(client.get(page).text, "csrf")


def sent(client: httpx.Client, path: str, **form: str) -> httpx.Response:
    return client.post(path, data={"csrf": csrf(client), **form})


def state(chain: OrdersChain, store_id: str, order_id: str) -> OrderState:
    return GoodsOrders(chain.bureau.feed).get(store_id, order_id).state


@pytest.mark.parametrize("path", [*PAGES, *SHEETS])
def test_nobody_sees_a_goods_page_without_signing_in(pages, path):
    with pages.client() as client:
        answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_goods_page_shows_itself_to_every_role(pages, path, language):
    with signed_in(pages, "Wang", **{"accept-language": language}) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert "<script>alert(2)" not in answer.text


def test_an_order_is_written_by_one_person_and_audited_by_another_on_the_pages(pages, chain):
    """SUP-05 over real HTTP, from the form to what the store is told."""
    with signed_in(pages, "Wang") as writer:
        answer = sent(
            writer, "/orders/new", kind="purchase", store="01", supplier="S1",
            due_day="2026-12-01", lines="A 24 2.50\nB,2,30\n", contract_no="HT-7",
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        order_id = re.search(r"order=([^&]+)", answer.headers["location"])
        assert order_id is not None
        name = order_id.group(1)
        assert 'value="audit"' not in writer.get(answer.headers["location"]).text
        refused = sent(writer, "/orders/act", store="01", order=name, act="audit")
        assert refused.status_code == 403
    with signed_in(pages, "Zhang") as finance:
        one = finance.get(f"/orders/one?store=01&order={name}").text
        assert 'value="audit"' in one
        assert "HT-7" in one
        assert sent(finance, "/orders/act", store="01", order=name, act="audit").status_code == 303
        assert sent(finance, "/orders/act", store="01", order=name, act="place").status_code == 403
    assert state(chain, "01", name) is OrderState.AUDITED
    with signed_in(pages, "Li") as buyer:
        assert sent(buyer, "/orders/act", store="01", order=name, act="place").status_code == 303
        again = sent(buyer, "/orders/act", store="01", order=name, act="place")
        assert again.status_code == 409
        assert 'data-code="wrong_state"' in again.text
        assert 'value="place"' not in again.text.partition("<main")[2]
    told = GoodsOrders(chain.bureau.feed).published("01", name)
    assert told is not None
    assert [line.unit_cost_e4 for line in told.lines] == [25_000, 300_000]


def test_an_administrator_does_not_audit_their_own_order(pages, chain):
    with signed_in(pages, "admin") as client:
        answer = sent(
            client, "/orders/new", kind="purchase", store="01", supplier="S1",
            due_day="2026-12-01", lines="A 1 1",
        )  # fmt: skip
        name = answer.headers["location"].rpartition("order=")[2]
        refused = sent(client, "/orders/act", store="01", order=name, act="audit")
    assert refused.status_code == 403
    assert "somebody else has to" in refused.text
    assert state(chain, "01", name) is OrderState.DRAFT


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/orders/new", {"kind": "dispatch", "store": "01", "lines": "A 1"}),
        ("/orders/new", {"kind": "purchase", "store": "01", "supplier": "S1", "lines": "A 1 1"}),
        ("/requisitions/answer", {"store": "01", "document": "x"}),
        ("/requisitions/allocate", {"store": "01", "month": "2026-12", "item": "A", "forecast": "1"}),
        ("/recalls/issue", {"notice_no": "1", "item": "A", "reason": "x"}),
        ("/claims/judge", {"store": "01", "item": "C", "quantity": "1", "verdict": "back"}),
        ("/suppliers/act", {"supplier": "S2", "act": "active", "note": "x"}),
        ("/invoices/act", {"store": "01", "supplier": "S1", "invoice": "F-1002", "act": "approve"}),
    ],
)  # fmt: skip
def test_without_the_session_s_token_no_form_is_taken(pages, path, form):
    """The control is every other test here, which sends it."""
    with signed_in(pages, "admin") as client:
        assert client.post(path, data=form).status_code == 403
        assert client.post(path, data={**form, "csrf": "guess"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "path", "form"),
    [
        ("Zhang", "/orders/new", {"kind": "dispatch", "store": "01", "lines": "A 1"}),
        ("Zhao", "/requisitions/answer", {"store": "01", "document": "x"}),
        ("Li", "/recalls/issue", {"notice_no": "1", "item": "A", "reason": "x"}),
        ("Wang", "/invoices/act",
         {"store": "01", "supplier": "S1", "invoice": "F-1002", "act": "approve"}),
        ("Zhang", "/suppliers/save", {"supplier": "S9", "name": "x"}),
        ("Zhang", "/claims/judge", {"store": "01", "item": "C", "quantity": "1", "verdict": "back"}),
        ("Wang", "/requisitions/allocate",
         {"store": "01", "month": "2026-12", "item": "A", "forecast": "1"}),
        ("Wang", "/declare", {"till_day": "2026-11-21|01|1", "kind": "waived", "reason": "x"}),
    ],
)  # fmt: skip
def test_a_role_without_the_right_is_refused_whatever_it_sends(pages, name, path, form):
    """CTL-01: rights are asked for where the act is done, not only where its button is shown."""
    with signed_in(pages, name) as client:
        answer = sent(client, path, **form)
    assert answer.status_code == 403, answer.text


def test_a_requisition_is_answered_within_the_allocation_and_becomes_a_dispatch(pages, chain):
    """SUP-03, HO-02, REP-07 on the page."""
    with signed_in(pages, "Li") as buyer:
        over = sent(
            buyer, "/requisitions/answer", store="01", document=chain.asked[1],
            **{"granted-1": "12.5", "granted-2": "5"},
        )  # fmt: skip
        assert over.status_code == 400
        fine = sent(
            buyer, "/requisitions/answer", store="01", document=chain.asked[1],
            **{"granted-1": "12", "granted-2": "5"},
        )  # fmt: skip
        assert fine.status_code == 303, fine.text
        token = csrf(buyer)
        answer = buyer.post(
            "/requisitions/order",
            data={
                "csrf": token,
                "store": "01",
                "document": [chain.asked[0], chain.asked[1]],
                "into": "dispatch",
            },
        )
    assert answer.status_code == 303, answer.text
    order_id = answer.headers["location"].rpartition("order=")[2]
    told = GoodsOrders(chain.bureau.feed).published("01", order_id)
    assert told is not None
    merged = {line.item_code: line.quantity_milli for line in told.lines}
    assert merged == {"A": 24_000, "B": 8_000}
    said = GoodsOrders(chain.bureau.feed).published("01", chain.asked[1])
    assert said is not None
    assert (said.state, said.fields["answer"]) == ("done", "dispatched")
    assert said.fields["order_id"] == order_id


def test_a_notice_is_issued_and_lifted_by_two_people(pages, chain):
    """QLT-04: the same person does not lift it, not even an administrator."""
    with signed_in(pages, "Zhao") as quality:
        answer = sent(
            quality, "/recalls/issue", notice_no="N-2", item="A", reason="glass found",
            batches="L01..L03", recall="1",
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        page = quality.get("/recalls").text
        notice_id = page.partition("N-2")[0].rpartition('data-notice="')[2][:12]
        refused = sent(quality, "/recalls/lift", notice=notice_id, reason="tested")
        assert refused.status_code == 403
    rows = chain.bureau.hq.rows(
        "SELECT row_key FROM catalogue WHERE dataset = 'holds' AND row_key LIKE ?",
        f"{notice_id}-%",
    )
    assert len(rows) == 3
    with signed_in(pages, "Li") as buyer:
        assert sent(buyer, "/recalls/lift", notice=notice_id, reason="x").status_code == 403
    with signed_in(pages, "Sun") as second:
        assert sent(second, "/recalls/lift", notice=notice_id, reason="tested").status_code == 303
    assert not chain.bureau.hq.rows(
        "SELECT 1 FROM catalogue WHERE dataset = 'holds' AND row_key LIKE ?", f"{notice_id}-%"
    )


def test_claims_are_answered_and_goods_set_apart_are_judged(pages, chain):
    """STK-06: the goods department decides, and no more than waits there."""
    with signed_in(pages, "Li") as buyer:
        answer = sent(
            buyer, "/claims/answer", store="01", document=chain.claim, answer="credited",
            amount="5.00", note="credit note 9",
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        assert "credit note 9" in buyer.get("/claims").text
        form = {"store": "01", "item": "C", "batch": "B7", "verdict": "scrap"}
        too_many = sent(buyer, "/claims/judge", quantity="4", **form)
        assert too_many.status_code == 400
        assert sent(buyer, "/claims/judge", quantity="3", **form).status_code == 303
        assert sent(buyer, "/claims/judge", quantity="1", **form).status_code == 400
    orders = GoodsOrders(chain.bureau.feed).documents(kinds=("judgement",))
    assert [one.order.lines[0].reason for one in orders] == ["out"]
    assert orders[0].order.fields["how"] == "scrap"
    assert orders[0].order.lines[0].batch == "B7"


def test_an_invoice_is_approved_by_somebody_else_and_comes_onto_the_pay_list(pages):
    """SUP-07."""
    names = {"store": "01", "supplier": "S1", "invoice": "F-1002", "act": "approve"}
    with signed_in(pages, "Chen") as finance:
        assert sent(finance, "/invoices/act", **names).status_code == 303
        assert sent(finance, "/invoices/act", **names).status_code == 409
        sheet = finance.get("/invoices/sheet")
    rows = list(csv.DictReader(io.StringIO(sheet.text.removeprefix("\ufeff"))))
    assert {row["invoice_no"] for row in rows} == {"F-1001", "F-1002"}


def test_a_list_is_imported_and_exported_again(pages):
    """Suppliers wait for approval; a bad row is named and the rest is taken."""
    text = "supplier_id,name,送货日\nS7,七号供应商,14\nS8,,1\n"
    with signed_in(pages, "Li", **{"accept-language": "en"}) as buyer:
        token = csrf(buyer)
        answer = buyer.post(
            "/suppliers/import",
            data={"csrf": token},
            files={"file": ("list.csv", text.encode("gb18030"), "text/csv")},
        )
        assert answer.status_code == 200, answer.text
        assert 'id="imported"' in answer.text
        assert "Row 3" in answer.text or "row 3" in answer.text.lower()
        listed = buyer.get("/suppliers/sheet?list=suppliers").text
        assert "七号供应商" in listed
        assert "S8" not in listed
        bad = buyer.post(
            "/suppliers/import",
            data={"csrf": token},
            files={"file": ("list.csv", b"a,b\n1,2\n", "text/csv")},
        )
        assert bad.status_code == 400


@pytest.mark.parametrize("path", SHEETS)
def test_no_sheet_holds_a_formula(pages, path):
    with signed_in(pages, "Wang") as client:
        answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    for row in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))):
        for cell in row:
            assert not cell.startswith(("=", "+", "@")), cell


def test_what_is_not_there_is_a_page_that_says_so(pages):
    with signed_in(pages, "Wang") as client:
        for path in ("/orders/one?store=01&order=nope", "/suppliers/one?supplier=nope"):
            answer = client.get(path)
            assert answer.status_code == 404
            assert "not_here" in answer.text


def test_passwords_keep_roles_and_people_who_were_there_stay_administrators(chain):
    office = chain.bureau.office
    people.set_password(office, "Wang", PASSWORD)
    assert people.by_name(office, "Wang").role == "clerk"
    people.set_password(office, "new", PASSWORD)
    assert people.by_name(office, "new").role == "admin"
    assert {person.role for person in EVERYBODY} == {
        "admin", "finance", "goods", "quality", "clerk"
    }  # fmt: skip


def test_the_api_acts_in_a_person_s_name_under_the_same_rules(pages, chain):
    """Token: reads only. Session: the right, the token against forgery, and two people."""
    kept = chain.bureau.draft(person=EVERYBODY[1])
    path = "/api/v1/order-acts"
    body = {"store_id": "01", "order_id": kept.order_id, "act": "audit"}
    token = people.add_token(chain.bureau.office, "excel")
    with pages.client(authorization=f"Bearer {token}") as reader:
        assert reader.get("/api/v1/orders").status_code == 200
        assert reader.post(path, json=body).status_code == 403
    for name, status in (("Wang", 403), ("Li", 403), ("Zhang", 200), ("Chen", 409)):
        with pages.client() as client:
            signed = client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
            assert client.post(path, json=body).status_code == 403
            headers = {"x-csrf-token": signed.json()["csrf"]}
            answer = client.post(path, json=body, headers=headers)
            assert answer.status_code == status, answer.text
    assert state(chain, "01", kept.order_id) is OrderState.AUDITED


def test_a_store_s_token_reads_that_store_s_orders_only(pages, chain):
    token = people.add_token(chain.bureau.office, "store 02", "02")
    with pages.client(authorization=f"Bearer {token}") as reader:
        assert {row["store_id"] for row in reader.get("/api/v1/orders").json()} == {"02"}
        assert reader.get("/api/v1/orders?store=01").status_code == 403
        assert {row["store_id"] for row in reader.get("/api/v1/purchase-prices").json()} == {"02"}
        assert {row["store_id"] for row in reader.get("/api/v1/pay-list").json()} <= {"02"}
        figures = "/api/v1/supplier-figures?first_day=2026-01-01&last_day=2026-12-31"
        assert reader.get(figures).status_code == 403
    whole = people.add_token(chain.bureau.office, "whole")
    with pages.client(authorization=f"Bearer {whole}") as reader:
        assert {row["supplier_id"] for row in reader.get(figures).json()} >= {"S1"}


def test_a_line_that_is_not_understood_is_named_to_the_clerk(pages):
    """The sentence itself names line and typing, and the form comes back with all that was typed."""
    for second, expected in (
        ("B 10 abc", "line 2: not understood: B 10 abc."),
        ("999 10 1", "line 2: There is no item with the code, barcode or mnemonic 999."),
    ):
        with signed_in(pages, "Li") as client:
            answer = sent(
                client,
                "/orders/new",
                kind="purchase",
                store="01",
                supplier="S1",
                due_day="2026-12-01",
                lines=f"A 24 2.50\n{second}",
            )
            assert answer.status_code == 409
            assert expected in answer.text
            main = answer.text.partition("<main")[2]
            assert f'>\nA 24 2.50\n{second}</textarea><small class="wrong"' in main
            assert 'name="due_day" required value="2026-12-01"' in main
            assert main.count('role="alert"') == 1
            # The other form of the page stays as it was.
            assert main.count(second) == (2 if second in expected else 1)


def test_an_order_of_which_a_part_came_is_not_called_received_in_full(pages, chain):
    with signed_in(pages, "Li") as client:
        part = client.get(f"/orders/one?store=01&order={chain.part.order_id}").text
        whole = client.get(f"/orders/one?store=02&order={chain.received.order_id}").text
    assert "Receipt booked" in part
    assert "Received in full" not in part
    assert "Received in full" in whole


def test_a_claim_leads_to_its_order_and_to_nothing_that_is_not_there(pages, chain):
    """The till's claim may name its receipt instead, of which there is no order page."""
    chain.bureau.post(
        [goods_line(1, "A", 1, reason="short", unit="瓶")],
        kind=DocumentKind.DISCREPANCY,
        reference="YS-1",
    )
    with signed_in(pages, "Li") as client:
        text = client.get("/claims").text
        links = re.findall(r'href="(/orders/one[^"]*)"', text)
        assert "YS-1" in text
        assert links
        for link in links:
            assert client.get(html.unescape(link)).status_code == 200, link


def test_rules_speak_of_trades_and_papers_in_words(pages, chain):
    """A code that a shop made up itself stays as it is."""
    rule = ClassRule(item_class="0901", trade="medicine", papers=("drug_approval", "own_form"))
    set_rules(chain.bureau.feed, BUYER, "class_rules", [rule])
    with signed_in(pages, "Li") as client:
        text = client.get("/suppliers/rules").text
    assert "<td>Medicines</td>" in text
    assert "<td>Drug approval number, own_form</td>" in text
