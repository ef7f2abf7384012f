"""The pages of counts and registers in Chromium: none overflows, a plan and reasons are set by hand."""

from __future__ import annotations

import pytest

from sync.head_office import count_plans
from sync.head_office.count_periods import Every
from tests.support.webdriver import Browser, browser_binaries
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.pages_kit import Pages
from tests.sync.head_office.registers_chain import RegistersChain

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser_binaries() is None, reason="no chromium and chromedriver here"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = RegistersChain(tmp_path_factory.mktemp("registers") / "hq")
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as running:
        yield running


def sign_in(browser, pages, name):
    browser.open(pages.url + "/login")
    browser.type("[name=name]", name)
    browser.type("[name=password]", PASSWORD)
    browser.click("main button")
    browser.wait(lambda: browser.has("nav.rooms"), "the overview")


@pytest.mark.parametrize("width", [1280, 400])
def test_no_page_of_counts_and_registers_is_wider_than_the_window(pages, chain, tmp_path, width):
    with Browser(tmp_path, language="zh-CN") as browser:
        browser.size(width, 900)
        sign_in(browser, pages, "Zhang")
        for path in (
            "/counts/plan?store=01", "/counts/totals", "/counts/tags", "/counts/causes",
            "/registers", "/registers/deliveries", "/registers/passes",
            "/requisitions/promotions", "/ledger", "/stock/transit",
        ):  # fmt: skip
            browser.open(pages.url + path)
            assert browser.has("main .card"), path
            wide = browser.run("return document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, path
        assert browser.complaints() == []


def test_finance_sets_the_plan_of_all_stores_and_it_is_shown_again(pages, chain, tmp_path):
    """STK-05, STK-10."""
    with Browser(tmp_path) as browser:
        browser.size(1280, 900)
        sign_in(browser, pages, "Zhang")
        browser.open(pages.url + "/counts/plan")
        browser.run(
            "const f = document.querySelector('form[action=\"/counts/plan\"][method=post]');"
            "f.every.value = 'quarter'; f.daily_total.checked = true"
        )
        browser.click("form[action='/counts/plan'][method=post] button")
        browser.wait(lambda: browser.has("#without tbody tr"), "the stores without a count")
        kept = count_plans.common(chain.office.dialect)
        assert (kept.every, kept.daily_total, kept.set_by) == (Every.QUARTER, True, "Zhang")
        shown = browser.run("return document.querySelector('[name=every]').value")
        assert shown == "quarter"
