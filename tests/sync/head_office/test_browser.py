"""Head office's pages in Chromium: what a clerk sees, chooses and downloads; nothing from outside."""

import re

import openpyxl
import pytest

from pos.i18n import translation_for
from sync.head_office import reports
from tests.support.webdriver import Browser, browser_binaries
from tests.sync.head_office.demo_chain import HOSTILE_NAME, PASSWORD, Chain
from tests.sync.head_office.pages_kit import Pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser_binaries() is None, reason="no chromium and chromedriver here"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = Chain(tmp_path_factory.mktemp("chain"), sales_a_day=12)
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


def sign_in(browser, pages):
    browser.open(pages.url + "/")
    assert browser.url.endswith("/login")
    browser.type("[name=name]", "admin")
    browser.type("[name=password]", PASSWORD)
    browser.click("main button")
    browser.wait(lambda: browser.has("[data-chart] canvas"), "the chart")


def quiet(browser, pages):
    """Nothing was complained about and nothing was fetched from anywhere else."""
    assert browser.complaints() == []
    assert browser.origins() == {pages.url}


def test_signing_in_shows_first_who_has_not_synced_then_the_database_s_totals(
    browser, pages, chain
):
    sign_in(browser, pages)

    first = browser.text("main section:first-of-type")
    assert first.startswith("Stores that have not synced")
    assert "003 大学城店" in first
    assert "Nothing heard from it for 21 hours" in first
    silent = browser.run(
        "return document.querySelector('#not-synced').getBoundingClientRect().top"
    )
    money = browser.run("return document.querySelector('.totals').getBoundingClientRect().top")
    assert silent < money
    for row in reports.daily(chain.hq.office.dialect, business_day=chain.last_day):
        shown = browser.text(f'[data-store="{row["store_id"]}"] [data-figure="net"]')
        assert shown.replace(",", "") == row["net"]
    assert browser.text("#day-state") == "Not complete"
    assert "005 新城店" in browser.text("#missing")
    quiet(browser, pages)


def test_a_wrong_password_says_so_and_shows_nothing_else(browser, pages):
    browser.open(pages.url + "/")
    browser.type("[name=name]", "admin")
    browser.type("[name=password]", "wrong")
    browser.click("main button")
    browser.wait(lambda: browser.has("[role=alert]"), "the refusal")
    assert browser.text("[role=alert]") == "Name or password is wrong."
    assert not browser.has("#not-synced")


def test_a_name_that_is_a_script_is_read_not_run(browser, pages):
    sign_in(browser, pages)

    assert any(HOSTILE_NAME in text for text in browser.texts("#items tbody th"))
    assert browser.run("return document.scripts.length") == 4
    assert browser.run("return [...document.scripts].every(script => script.src)")
    quiet(browser, pages)


def test_the_policy_really_stops_what_we_never_use(browser, pages):
    sign_in(browser, pages)
    quiet(browser, pages)

    browser.run(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s);"
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\" id=\"red\">x</p>')"
    )

    assert browser.run("return window.ran") is None
    complaints = browser.wait(browser.complaints, "the browser's refusal")
    assert all("Content Security Policy" in text for text in complaints)


def test_the_language_is_switched_on_the_page_and_kept(browser, pages):
    sign_in(browser, pages)
    words = translation_for("zh_CN").gettext

    browser.click("button[value=zh_CN]")
    browser.wait(lambda: browser.attribute("html", "lang") == "zh-CN", "the Chinese page")
    assert browser.text("#not-synced-title").startswith(words("Stores that have not synced"))
    assert browser.text("#download-excel") == words("Download Excel")
    browser.open(pages.url + "/")
    assert browser.attribute("html", "lang") == "zh-CN"

    browser.click("button[value=en]")
    browser.wait(lambda: browser.attribute("html", "lang") == "en", "the English page")
    assert browser.text("#not-synced-title").startswith("Stores that have not synced")
    quiet(browser, pages)


def test_choosing_a_store_shows_its_figures_without_loading_the_page_again(browser, pages, chain):
    sign_in(browser, pages)
    browser.run("window.sameePage = true")

    browser.run(
        "const s = document.querySelector('[name=store]'); s.value = '004';"
        "s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    browser.wait(lambda: browser.texts("#store-days tbody th") == ["004 滨江店"], "one store")

    assert browser.run("return window.sameePage") is True
    assert "store=004" in browser.url
    (row,) = reports.daily(chain.hq.office.dialect, business_day=chain.last_day, store_id="004")
    assert browser.text(".totals .main dd").replace(",", "") == row["net"]
    browser.wait(lambda: browser.has("[data-chart] canvas"), "the chart of one store")
    quiet(browser, pages)


def test_the_chart_speaks_to_those_who_do_not_see_it(browser, pages):
    sign_in(browser, pages)

    label = browser.attribute("[data-chart]", "aria-label")
    assert label.startswith("Bars: net sales of each hour.")
    hours = browser.run(
        "return [...document.querySelectorAll('.slim tbody tr')].map(r => r.cells[0].textContent + "
        "': ' + r.cells[2].textContent)"
    )
    assert len(hours) > 5
    assert all(hour in label for hour in hours)


def test_the_button_downloads_the_workbook_with_the_database_s_figures(browser, pages, chain):
    sign_in(browser, pages)

    browser.click("#download-excel")
    path = browser.downloaded()

    assert re.fullmatch(rf"日销售_{chain.last_day}_r\d+\.xlsx", path.name)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["完整性", "数据", "变更"]
    assert book["完整性"]["B2"].fill.start_color.rgb == "FFC00000"
    titles = [cell.value for cell in book["数据"][2]]
    found = {
        row[0]: f"{row[titles.index('净额')]:.2f}"
        for row in book["数据"].iter_rows(3, values_only=True)
    }
    daily = reports.daily(chain.hq.office.dialect, business_day=chain.last_day)
    assert found == {row["store_id"]: row["net"] for row in daily}
    quiet(browser, pages)


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_no_page_is_wider_than_its_window(tmp_path, pages, language, size):
    with Browser(tmp_path, language=language) as browser:
        browser.size(*size)
        sign_in(browser, pages)
        for path in ("/", "/schema"):
            browser.open(pages.url + path)
            width = browser.run("return document.documentElement.scrollWidth")
            assert width <= size[0], path
        quiet(browser, pages)


def test_without_scripts_the_tables_the_choice_and_the_file_still_work(tmp_path, pages, chain):
    with Browser(tmp_path, script=False) as browser:
        browser.open(pages.url + "/")
        browser.type("[name=name]", "admin")
        browser.type("[name=password]", PASSWORD)
        browser.click("main button")
        browser.wait(lambda: browser.has("#store-days"), "the page")
        assert not browser.has("canvas")
        assert "003 大学城店" in browser.text("#not-synced")

        browser.click("[name=store] option[value='001']")
        browser.click(".without-script")
        browser.wait(lambda: "store=001" in browser.url, "the chosen store")
        assert browser.texts("#store-days tbody th") == ["001 人民路店"]
        browser.click("#download-excel")
        assert browser.downloaded().name.startswith(f"日销售_{chain.last_day}_001_r")


def test_an_open_form_is_not_taken_away_by_a_refresh(browser, pages):
    sign_in(browser, pages)

    browser.click("#incomplete summary")
    browser.run("document.querySelector('#incomplete [name=reason]').value = 'half typed'")
    refresh = "return htmx.ajax('GET', '/parts/status', '#status').then(() => true)"
    refresh = refresh.replace("'#status'", "{source: '#status', target: '#status'}")
    value = "return document.querySelector('#incomplete [name=reason]').value"

    browser.run(refresh)
    assert browser.run(value) == "half typed"

    # The control: once the form is closed, a refresh brings a new one.
    browser.click("#incomplete summary")
    browser.run(refresh)
    browser.wait(lambda: browser.run(value) == "", "the refreshed part")
