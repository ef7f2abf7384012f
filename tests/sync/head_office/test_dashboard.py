"""Head office's pages over plain HTTP: who may see them, forms, languages, tokens, hostile text."""

import hashlib
import io
import re
from html.parser import HTMLParser

import httpx
import openpyxl
import pytest

from pos.domain.cart import LineKind
from pos.i18n import translation_for
from sync.head_office import people, reports
from sync.head_office.dashboard import queries
from sync.head_office.dashboard.queries import Selection
from sync.head_office.dashboard.session_routes import local_path
from sync.head_office.dashboard.view import STATIC, accepted_language
from tests.sync.head_office.demo_chain import HOSTILE_CODE, HOSTILE_NAME, PASSWORD, Chain
from tests.sync.head_office.office_kit import DAY, JournalingTill, line, transaction
from tests.sync.head_office.pages_kit import Pages, form_token

PATHS = ("/", "/parts/status", "/parts/figures")


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = Chain(tmp_path_factory.mktemp("chain"), sales_a_day=8)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(pages):
    with pages.signed_in() as made:
        yield made


class Inline(HTMLParser):
    """Finds what the policy refuses: inline scripts, styles and handlers."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        if tag == "style" or (tag == "script" and "src" not in names) or "style" in names:
            self.found.append(self.get_starttag_text())
        if any(name.startswith("on") for name in names):
            self.found.append(self.get_starttag_text())


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


# ------------------------------------------------------------------------------- who may


@pytest.mark.parametrize("path", [*PATHS, "/download?from=2026-11-21"])
def test_nobody_sees_a_page_without_signing_in(pages, path):
    with pages.client() as stranger:
        answer = stranger.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_refresh_after_the_session_ended_sends_the_whole_page_to_sign_in(pages):
    with pages.client(**{"HX-Request": "true"}) as stranger:
        answer = stranger.get("/parts/status")
    assert answer.headers["hx-redirect"] == "/login"


def test_a_wrong_password_and_an_unknown_name_look_the_same(pages):
    texts = []
    for name in ("admin", "nobody"):
        with pages.client() as stranger:
            token = form_token(stranger.get("/login").text)
            form = {"form_token": token, "name": name, "password": "wrong"}
            answer = stranger.post("/login", data=form)
            assert answer.status_code == 401
            assert "guitai_session" not in answer.cookies
            texts.append(answer.text.replace(token, ""))
    assert texts[0] == texts[1]


def test_a_sign_in_form_that_did_not_come_from_our_page_is_refused(pages):
    form = {"name": "admin", "password": PASSWORD}
    with pages.client() as stranger:
        assert stranger.post("/login", data=form).status_code == 403
        stranger.get("/login")
        assert stranger.post("/login", data=form | {"form_token": "x"}).status_code == 403


def test_the_session_cookie_is_for_this_site_and_out_of_scripts_reach(pages):
    with pages.client() as stranger:
        token = form_token(stranger.get("/login").text)
        form = {"form_token": token, "name": "admin", "password": PASSWORD}
        cookie = stranger.post("/login", data=form).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_signing_out_needs_the_session_s_token_and_ends_the_session(pages):
    with pages.signed_in() as client:
        assert client.post("/logout", data={"csrf": "x"}).status_code == 403
        assert client.get("/").status_code == 200
        token = form_token(client.get("/").text, "csrf")
        session = client.cookies["guitai_session"]
        assert client.post("/logout", data={"csrf": token}).status_code == 303
        client.cookies.set("guitai_session", session)
        assert client.get("/").status_code == 303


# ----------------------------------------------------------------------------- what is shown


def test_the_page_begins_with_stores_that_have_not_synced_and_why(client):
    page = text_of(client.get("/").text)
    order = [
        "Stores that have not synced",
        "Days that are not complete",
        "Days changed since your last download",
        "Download Excel",
        "Sales on",
        "Sales by hour",
        "Day totals",
        "Ways of paying",
        "Top items",
    ]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    silent = page[places[0] : places[1]]
    assert "002 火车站店" in silent
    assert "have been waiting in it for 2 hours" in silent
    assert "Nothing heard from it for 21 hours" in silent
    assert "it has never sent anything" in silent
    assert "赵店长 138-0000-0003" in silent
    assert "004" not in silent


def test_the_page_s_figures_are_those_of_hq_daily(client, chain):
    page = client.get("/").text
    daily = reports.daily(chain.hq.office.dialect, business_day=chain.last_day)
    for row in daily:
        shown = page.partition(f'data-store="{row["store_id"]}"')[2].partition("</tr>")[0]
        net = re.search(r'data-figure="net">([^<]+)<', shown)
        assert net is not None
        assert net[1].replace(",", "") == row["net"]
    total = re.search(r'<dd data-figure="net">([^<]+)<', page)
    assert total is not None
    cents = sum(round(float(row["net"]) * 100) for row in daily)
    assert round(float(total[1].replace(",", "")) * 100) == cents
    tenders = reports.daily(chain.hq.office.dialect, by="tender", business_day=chain.last_day)
    for name in {row["tender_type"] for row in tenders}:
        shown = page.partition(f'data-tender="{name}"')[2].partition("</tr>")[0]
        amount = sum(
            round(float(row["amount"]) * 100) for row in tenders if row["tender_type"] == name
        )
        figure = re.search(r'data-figure="amount">([^<]+)<', shown)
        assert figure is not None
        assert round(float(figure[1].replace(",", "")) * 100) == amount


def test_a_range_shows_one_row_for_each_store_and_day(client, chain):
    page = client.get("/", params={"from": chain.days[0], "to": chain.last_day}).text
    assert page.count("<tr data-store=") == 5 * len(chain.days)
    one = client.get(
        "/", params={"from": chain.days[0], "to": chain.last_day, "store": "001"}
    ).text
    assert one.count("<tr data-store=") == len(chain.days)


@pytest.mark.parametrize(
    "query",
    [
        {"from": "x", "to": "'"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"store": "' OR 1=1 --", "by": "nonsense"},
        {"from": "2026-13-45"},
        {"from": "2026-11-21", "to": "2020-01-01"},
        {"from": "1" * 5000},
    ],
)
def test_any_address_shows_a_page_and_never_an_error(client, query):
    answer = client.get("/", params=query)
    assert answer.status_code == 200
    assert "Day totals" in answer.text


def test_a_till_s_day_can_be_settled_by_hand_with_the_session_s_token(pages, chain):
    with pages.signed_in() as client:
        token = form_token(client.get("/").text, "csrf")
        form = {
            "till_day": f"{chain.days[-2]}|005|1",
            "kind": "not_trading",
            "reason": "opens next month",
        }
        assert client.post("/declare", data=form).status_code == 403
        wrong = form | {"csrf": token, "kind": "anything"}
        assert client.post("/declare", data=wrong).status_code == 400
        assert client.post("/declare", data=form | {"csrf": token}).status_code == 303
    rows = chain.hq.rows("SELECT kind, declared_by, reason FROM day_declaration")
    assert rows == [("not_trading", "admin", "opens next month")]


def test_the_figures_are_the_same_on_both_engines(hq):
    till = JournalingTill()
    till.open()
    till.open_day()
    lines = [line(1, "A", 1000, 500, discount_minor=20), line(2, "B", 500, 250)]
    till.sell(transaction(1, lines))
    till.sell(transaction(2, [line(1, "A", -1000, -500, kind=LineKind.RETURN)]))
    hq.take(till)
    selection = Selection(first_day=DAY, last_day=DAY)

    board = queries.board(hq.office, selection, [DAY])

    sums = board.totals["CNY"]
    assert (sums.transactions, sums.list_minor, sums.net_minor) == (2, 770, 250)
    assert [(hour, figures.net_minor) for hour, figures in board.hours["CNY"]] == [("09", 250)]
    assert [(item.item_code, item.net_minor) for item in board.items] == [("B", 250), ("A", 0)]
    assert [(row.tender_type, row.amount_minor) for row in board.tenders] == [("cash", 250)]
    assert [(row.store_id, row.state) for row in board.store_days] == [("01", "PARTIAL")]
    assert [day.business_day for day in queries.status(hq.office).incomplete] == [DAY]
    assert queries.status(hq.office, only="99").incomplete == []
    assert queries.latest_day(hq.office) == DAY


# ------------------------------------------------------------------------------- languages


def test_the_browser_s_language_is_spoken_and_the_page_s_choice_wins(pages):
    with pages.signed_in(**{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}) as client:
        chinese = client.get("/").text
        assert '<html lang="zh-CN"' in chinese
        words = translation_for("zh_CN").gettext("Stores that have not synced")
        assert words in chinese

        answer = client.post("/language", data={"language": "en", "next": "/?store=001"})
        assert answer.headers["location"] == "/?store=001"
        english = client.get("/").text
        assert '<html lang="en"' in english
        assert "Stores that have not synced" in english


def test_accept_language_is_read_by_quality():
    assert accepted_language("en;q=0.5, zh-TW;q=0.9") == "zh_CN"
    assert accepted_language("fr, en-GB;q=0.3, zh;q=0.2") == "en"
    assert accepted_language("zh;q=0, en;q=0.1") == "en"
    assert accepted_language("fr") == "en"
    assert accepted_language("zh;q=x," * 20) == "en"


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "x", "/\n"])
def test_choosing_a_language_never_leads_away(path):
    assert local_path(path) == "/"
    assert local_path("/?from=2026-11-21") == "/?from=2026-11-21"


# ---------------------------------------------------------------------- policy and hostile text


@pytest.mark.parametrize("path", [*PATHS, "/login", "/schema", "/nowhere", "/static/guitai.css"])
def test_every_answer_carries_the_policy(client, path):
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", [*PATHS, "/schema"])
def test_no_page_holds_an_inline_script_or_style_or_an_outside_address(client, path):
    page = client.get(path).text
    finder = Inline()
    finder.feed(page)
    assert finder.found == []
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


def test_a_hostile_item_name_is_text(client):
    page = client.get("/").text
    assert HOSTILE_NAME not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_failure_is_a_page_for_people_and_json_for_others(client):
    page = client.get("/download", params={"from": "<b>"}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "<b>" not in page.text.partition("<main")[2].replace("<b>400</b>", "")
    assert "text/html" in page.headers["content-type"]
    assert client.get("/download", params={"from": "x"}).json()["error"] == "malformed"


def test_static_files_are_ours_alone(client):
    for path in ("/static/../view.py", "/static/%2e%2e/view.py", "/static//etc/passwd"):
        assert client.get(path).status_code == 404
    listed = (STATIC / "vendor" / "README.txt").read_text(encoding="utf-8")
    for name in ("htmx.min.js", "echarts.common.min.js", "pico.min.css"):
        data = client.get(f"/static/vendor/{name}").content
        assert hashlib.sha256(data).hexdigest() in listed


def test_the_reference_of_the_api_is_a_page_of_our_own(client):
    page = client.get("/schema").text
    assert "/api/v1/daily-sales" in page
    assert "/sync/v1/journal" in page
    assert "cdn" not in page.lower()


# ------------------------------------------------------------------------------- downloads


def test_the_button_gives_the_answer_of_the_api(client, chain):
    button = client.get("/download", params={"from": chain.days[0], "format": "xlsx"})
    api = client.get(
        "/api/v1/daily-sales", params={"business_day": chain.days[0], "format": "xlsx"}
    )
    assert button.content == api.content
    assert button.headers["guitai-sha256"] == hashlib.sha256(button.content).hexdigest()
    name = f"filename*=UTF-8''%E6%97%A5%E9%94%80%E5%94%AE_{chain.days[0]}_r1.xlsx"
    assert name in button.headers["content-disposition"]


def test_a_late_sale_shows_as_a_changed_day_until_it_is_downloaded(client, chain):
    day = chain.days[1]
    first = client.get("/download", params={"from": day})
    assert f'<th scope="row" class="nowrap">{day}</th>' not in changed_part(client)

    chain.late_sale("004", day, [line(1, "200001", 1000, 1234)])
    assert f'<th scope="row" class="nowrap">{day}</th>' in changed_part(client)

    second = client.get("/download", params={"from": day})
    assert (first.headers["guitai-revision"], second.headers["guitai-revision"]) == ("1", "2")
    assert client.get("/download", params={"from": day, "revision": 1}).content == first.content
    assert f'<th scope="row" class="nowrap">{day}</th>' not in changed_part(client)
    sheet = openpyxl.load_workbook(io.BytesIO(second.content))["变更"]
    moved = {r[6]: r[8] - r[7] for r in sheet.iter_rows(2, values_only=True) if r[6] == "净额"}
    assert moved == {"净额": pytest.approx(12.34)}


def changed_part(client: httpx.Client) -> str:
    return client.get("/parts/status").text.partition('id="changed"')[2]


def test_a_range_comes_as_one_file(client, chain):
    asked = {"from": chain.days[2], "to": chain.days[4], "by": "tender", "format": "xlsx"}
    answer = client.get("/download", params=asked)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["数据"]
    days = {row[1].date().isoformat() for row in sheet.iter_rows(3, values_only=True)}
    assert days == set(chain.days[2:5])
    assert client.get("/download", params=asked).content == answer.content
    assert client.get("/download", params=asked | {"revision": 9}).status_code == 404


def test_a_read_only_token_in_the_address_opens_files_but_no_pages(pages, chain):
    everything = people.add_token(chain.hq.office, "excel")
    one = people.add_token(chain.hq.office, "one store", store_id="004")
    with pages.client() as excel:
        asked = {"business_day": chain.days[3], "format": "csv", "token": everything}
        assert excel.get("/api/v1/daily-sales", params=asked).status_code == 200
        asked = {"from": chain.days[3], "format": "csv", "token": everything}
        assert excel.get("/download", params=asked).content.startswith(b"\xef\xbb\xbf")
        assert excel.get("/", params={"token": everything}).status_code == 303
        assert excel.get("/download", params=asked | {"token": "wrong"}).status_code == 401
        bearer = {"Authorization": f"Bearer {everything}"}
        asked.pop("token")
        assert excel.get("/download", params=asked, headers=bearer).status_code == 200

        own = excel.get("/download", params=asked | {"token": one})
        assert {row.split(",")[0] for row in own.text.splitlines()[1:]} == {"004"}
        other = excel.get("/download", params=asked | {"token": one, "store": "001"})
        assert other.status_code == 403


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "2026-11-21", "by": "nonsense"}, 400),
        ({"from": "2026-11-21", "format": "exe"}, 400),
        ({"from": "2026-11-21", "revision": "-1"}, 400),
        ({"from": "2026-11-21", "revision": "99"}, 404),
        ({"from": "2026-11-21", "store": "../../etc"}, 404),
        ({"from": "2026-01-01", "to": "2026-12-31"}, 413),
        ({"from": "2026-01-02", "to": "2026-01-01"}, 400),
        ({}, 400),
    ],
)
def test_a_wrong_request_for_a_file_is_refused_in_words(client, query, status):
    assert client.get("/download", params=query).status_code == status


def test_the_hostile_code_is_guarded_in_csv_and_plain_text_in_excel(client, chain):
    asked = {"from": chain.last_day, "by": "item"}
    text = client.get("/download", params=asked | {"format": "csv"}).content.decode("utf-8-sig")
    assert f"'{HOSTILE_CODE}" in text
    data = client.get("/download", params=asked).content
    sheet = openpyxl.load_workbook(io.BytesIO(data))["数据"]
    codes = {row[3].value: row[3].data_type for row in sheet.iter_rows(3)}
    assert codes[HOSTILE_CODE] == "s"
