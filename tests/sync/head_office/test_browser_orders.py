"""The goods pages in Chromium: an order from draft to the store with two people, and no page overflows."""

from __future__ import annotations

import pytest

from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.order_documents import OrderState
from tests.support.webdriver import Browser, browser_binaries
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.orders_chain import OrdersChain
from tests.sync.head_office.pages_kit import Pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser_binaries() is None, reason="no chromium and chromedriver here"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = OrdersChain(tmp_path_factory.mktemp("orders"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as running:
        yield running


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path) as made:
        made.size(1280, 900)
        yield made


def sign_in(browser, pages, name):
    browser.open(pages.url + "/login")
    browser.type("[name=name]", name)
    browser.type("[name=password]", PASSWORD)
    browser.click("main button")
    browser.wait(lambda: browser.has("nav.rooms"), "the overview")


def sign_out(browser):
    browser.click("header form[action='/logout'] button")
    browser.wait(lambda: browser.has("main [name=password]"), "the sign-in page")


def test_an_order_is_written_by_one_person_audited_by_another_and_placed(browser, pages, chain):
    """SUP-05 as people do it; the writer is never offered the audit."""
    sign_in(browser, pages, "Li")
    browser.open(pages.url + "/orders")
    browser.run(
        "const f = document.querySelector('form[action=\"/orders/new\"]');"
        "f.due_day.value = '2026-12-01'"
    )
    browser.type("form[action='/orders/new'] textarea", "A 24 2.50")
    browser.click("form[action='/orders/new'] button")
    browser.wait(lambda: browser.has("#lines"), "the draft")
    address = browser.url
    order_id = address.rpartition("order=")[2]
    assert not browser.has("button[value=audit]")
    assert browser.has("button[value=cancel]")
    sign_out(browser)

    sign_in(browser, pages, "Zhang")
    browser.open(address)
    browser.click("button[value=audit]")
    browser.wait(lambda: "Audited" in browser.text("#order-title"), "the audited order")
    assert not browser.has("button[value=place]")
    sign_out(browser)

    sign_in(browser, pages, "Li")
    browser.open(address)
    browser.click("button[value=place]")
    browser.wait(lambda: "Placed" in browser.text("#order-title"), "the placed order")
    assert browser.texts("#history tbody th") == ["Entered", "Audited", "Placed"]
    kept = GoodsOrders(chain.bureau.feed).get("01", order_id)
    assert kept.state is OrderState.PLACED
    assert browser.complaints() == []
    assert browser.origins() == {pages.url}


@pytest.mark.parametrize("width", [1280, 390])
def test_no_goods_page_is_wider_than_its_window(browser, pages, chain, width):
    sign_in(browser, pages, "admin")
    browser.size(width, 900)
    order = f"/orders/one?store=01&order={chain.part.order_id}"
    rooms = ("/orders", order, "/suppliers", "/suppliers/one?supplier=S1", "/suppliers/rules",
             "/requisitions", "/claims", "/recalls", "/invoices",
             "/invoices/one?store=01&supplier=S1&invoice=F-1002", "/", "/quality",
             f"/quality/calls?notice={chain.notice.notice_id}", "/quality/trace?find=C",
             "/quality/trace?find=B7", "/quality/records?list=purchases",
             "/quality/records?list=due", "/stock/odd", "/stock/age")  # fmt: skip
    for path in rooms:
        browser.open(pages.url + path)
        wide = browser.run("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
    assert browser.complaints() == []


def test_a_supplier_s_name_that_is_a_script_is_read_not_run(browser, pages):
    sign_in(browser, pages, "admin")
    browser.open(pages.url + "/suppliers")
    assert any("<script>alert(2)</script>" in text for text in browser.texts("#suppliers th"))
    assert browser.run("return [...document.scripts].every(script => script.src)")
    assert browser.complaints() == []


def test_lines_say_what_they_mean_while_they_are_typed_and_come_back_when_refused(browser, pages):
    """SUP-04: the name stands beside the code before anything is sent; Enter presses the form's button."""
    sign_in(browser, pages, "Li")
    browser.open(pages.url + "/orders")
    form = "form[action='/orders/new']"
    browser.run("document.querySelector('[name=due_day]').value = '2026-12-01'")
    browser.type(f"{form} textarea", "A 24 2.50\ncola 3 4")
    browser.wait(lambda: browser.has(f"{form} [data-take=C]"), "what the lines mean")
    assert "酱油 500ml" in browser.text(f"{form} .meaning")
    browser.run("document.querySelector('[name=contract_no]').form.requestSubmit()")
    browser.wait(lambda: browser.has(f"{form} .wrong#wrong-lines"), "the form again")
    assert "cola may mean: C =Cola" in browser.text("#wrong-lines")
    assert "A 24 2.50" in browser.run(f'return document.querySelector("{form} textarea").value')
    browser.wait(lambda: browser.has(f"{form} [data-take=C]"), "what the lines mean")
    browser.click(f"{form} [data-take=C]")
    browser.wait(
        lambda: "=Cola" in browser.text(f"{form} .meaning th + *, {form} .meaning"), "Cola"
    )
    browser.wait(lambda: not browser.has(f"{form} .meaning .wrong"), "every line meant")
    browser.click(f"{form} .buttons button")
    browser.wait(lambda: browser.has("#lines"), "the draft")
    assert "=Cola" in browser.text("#lines")
