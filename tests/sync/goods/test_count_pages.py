"""A count on head office's pages and command line, from the order to the posted result (STK-05..11)."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from pos.services.goods import counting
from sync.head_office import count_rows, people
from sync.head_office.cli import cli
from sync.head_office.count_opening import NotReady
from tests.sync.goods.test_counts import STORE, counted_shop
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.pages_kit import Pages, form_token


@pytest.fixture
def pages(shop):
    for name, role in (("finance", "finance"), ("chief", "finance"), ("buyer", "clerk")):
        people.set_password(shop.world.office, name, PASSWORD, role)
    with Pages(shop.world.folder / "office") as served:
        yield served


@contextmanager
def as_person(pages: Pages, name: str):
    with pages.client() as client:
        token = form_token(client.get("/login").text)
        answer = client.post(
            "/login", data={"form_token": token, "name": name, "password": PASSWORD}
        )
        assert answer.status_code == 303, answer.text
        yield client


def token_of(client) -> str:
    return form_token(client.get("/counts").text, "csrf")


def do(client, count_id: str, action: str, **fields: str):
    data = {"csrf": token_of(client), "store": STORE, "count": count_id, "action": action}
    return client.post("/counts/do", data=data | fields)


def test_finance_opens_computes_reasons_and_another_approves(shop, pages):
    counted_shop(shop)
    shop.settle()
    count_id = count_rows.find(shop.world.office.dialect, store_id=STORE)[0].count_id
    one = {"store": STORE, "count": count_id}
    with as_person(pages, "finance") as client:
        assert count_id in client.get("/counts").text
        answer = do(client, count_id, "compute")
        assert answer.status_code == 303, answer.text
        shown = client.get("/counts/one", params=one).text
        assert 'id="differences"' in shown
        assert "NOOD" in shown
        sheet = client.get("/counts/sheet", params=one)
        assert "NOOD,,NOOD" in sheet.text
        assert do(client, count_id, "approve").status_code == 409  # no reason yet
        reasoned = do(client, count_id, "reason", item="NOOD", reason="theft", batch="")
        assert reasoned.status_code == 303
        refused = do(client, count_id, "approve")
        assert refused.status_code == 403
        assert "somebody else has to" in refused.text
    with as_person(pages, "chief") as client:
        assert do(client, count_id, "approve").status_code == 303
        assert "chief" in client.get("/counts").text
    shop.settle()
    assert count_rows.find(shop.world.office.dialect, store_id=STORE)[0].state == "posted"
    assert shop.on_hand() == shop.shelf


def test_whoever_lacks_the_right_opens_nothing_and_sees_no_form(shop, pages):
    with as_person(pages, "buyer") as client:
        text = client.get("/counts").text
        assert "/counts/open" not in text
        with as_person(pages, "finance") as finance:
            assert "/counts/open" in finance.get("/counts").text  # control
        token = form_token(client.get("/").text, "csrf")
        answer = client.post("/counts/open", data={"csrf": token, "store": STORE})
        assert answer.status_code == 403
    assert count_rows.find(shop.world.office.dialect) == []


def test_a_day_is_drawn_on_the_page_and_a_bad_month_is_said(shop, pages):
    with as_person(pages, "finance") as client:
        data = {
            "csrf": token_of(client),
            "store": STORE,
            "month": "2099-01",
            "note": "bring lamps",
        }
        assert client.post("/counts/open", data=data).status_code == 303
        drawn = count_rows.find(shop.world.office.dialect)[0]
        assert (drawn.state, drawn.due_day[:7]) == ("drawn", "2099-01")
        assert drawn.note == "bring lamps"
        assert client.post("/counts/open", data=data | {"month": "2020-01"}).status_code == 400


def test_reasons_are_kept_for_a_whole_page_and_what_was_typed_stays_when_one_is_refused(
    shop, pages
):
    """STK-11."""
    counted_shop(shop)
    shop.settle()
    dialect = shop.world.office.dialect
    count_id = count_rows.find(dialect, store_id=STORE)[0].count_id
    unfiltered = dict.fromkeys(("class", "under", "side", "text", "given"), "")
    typed = {"item-1": "NOOD", "batch-1": "", "reason-1": "other", "note-1": "", **unfiltered}
    with as_person(pages, "finance") as client:
        assert do(client, count_id, "compute").status_code == 303
        client.headers["accept"] = "text/html"
        refused = do(client, count_id, "reasons", **typed | {"note-1": " "})
        assert refused.status_code == 400
        assert '<option value="other" selected>' in refused.text
        assert 'id="wrong-note-1"' in refused.text
        assert count_rows.lines(dialect, STORE, count_id)[0].reason == ""
        kept = do(client, count_id, "reasons", **typed | {"note-1": "eaten by mice"})
        assert kept.status_code == 303
        (line,) = count_rows.lines(dialect, STORE, count_id)
        assert (line.reason, line.note, line.reason_by) == ("other", "eaten by mice", "finance")
        one = {"store": STORE, "count": count_id}
        assert (
            "No difference is like that."
            in client.get("/counts/one", params=one | {"side": "surplus"}).text
        )
        assert client.get("/counts/one", params=one | {"under": "abc"}).status_code == 400
        wrong = do(client, count_id, "reason_where", under="abc", reason="theft")
        assert wrong.status_code == 400
        answer = do(
            client, count_id, "reason_where", side="shortage", reason="theft", also_given="1"
        )
        assert answer.status_code == 303
        assert "side=shortage" in answer.headers["location"]
        assert count_rows.lines(dialect, STORE, count_id)[0].reason == "theft"


def test_the_page_names_the_till_that_is_missing(shop, pages):
    counts = counted_shop(shop)
    shop.tills[0].drain()
    with as_person(pages, "finance") as client:
        shown = client.get(
            "/counts/one", params={"store": STORE, "count": counts[0].count_id}
        ).text
        assert '<span class="badge warn">02</span>' in shown
        assert do(client, counts[0].count_id, "compute").status_code == 409


def test_the_command_line_does_it_all(shop):
    runner = CliRunner()
    home = ["--home", str(shop.world.folder / "office")]

    def hq(*arguments: str):
        return runner.invoke(cli, ["count", arguments[0], *home, *arguments[1:]])

    first = shop.tills[0]
    shop.receive(first, NOOD=10_000, W550=10_000)
    shop.settle()
    shop.sell(first, "NOOD", 2000)
    shop.shelf["NOOD"] += 2000  # rung up for water
    shop.shelf["W550"] -= 2000
    opened = hq("open", "--store", STORE, "--by", "finance")
    assert opened.exit_code == 0, opened.output
    count_id = opened.output.strip()
    shop.settle()
    count = shop.join(first)
    for item in ("NOOD", "W550"):
        shop.wait()
        shop.scan(first, count, item, shop.shelf[item])
    waiting = hq("show", count_id)
    assert waiting.exit_code == 1
    shop.wait()
    counting.end(first.till, count).result(10)
    shop.settle()
    shown = hq("show", count_id)
    assert shown.exit_code == 0, shown.output
    assert "Wrong code?" in shown.output
    assert "8001 (1)" in shown.output  # who sold the item that is over (SEL-02)
    assert isinstance(hq("approve", count_id, "--by", "chief").exception, NotReady)
    assert hq("reason", count_id, "*", "cross_code", "--by", "finance").output == "Lines: 2\n"
    assert hq("approve", count_id, "--by", "finance").exit_code == 1
    approved = hq("approve", count_id, "--by", "chief")
    assert approved.exit_code == 0, approved.output
    shop.settle()
    assert "posted" in hq("list").output
    assert shop.on_hand() == shop.shelf
