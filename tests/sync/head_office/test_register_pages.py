"""The pages of counts, registers, ledgers and suggestions over HTTP, in both languages."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager

import pytest

from sync.head_office import count_rows
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.pages_kit import Pages, form_token
from tests.sync.head_office.registers_chain import HOSTILE, RegistersChain


@pytest.fixture(scope="module")
def chain(tmp_path_factory, chain_database_url):
    made = RegistersChain(tmp_path_factory.mktemp("registers") / "hq", chain_database_url)
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


def rows_of(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


PATHS = [
    "/counts",
    "/counts/plan",
    "/counts/plan?store=01",
    "/counts/totals",
    "/counts/totals?store=01&differing=1",
    "/counts/tags",
    "/counts/causes",
    "/registers",
    "/registers?late=1",
    "/registers/deliveries",
    "/registers/deliveries?state=unsigned",
    "/registers/passes?all=1",
    "/requisitions/promotions",
    "/ledger",
    "/stock/transit",
    "/orders",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_every_page_answers_in_both_languages_to_signed_in_people_only(pages, path, language):
    with pages.client() as stranger:
        assert stranger.get(path).status_code == 303
    with signed_in(pages, "Zhang", **{"accept-language": language}) as client:
        answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert HOSTILE not in answer.text


def test_daily_totals_are_shown_with_reason_and_signers_and_saved(pages, chain):
    """STK-04, CSH-03."""
    with signed_in(pages, "Zhang") as client:
        page = client.get("/counts/totals").text
        rows = rows_of(client.get("/counts/totals?format=csv"))
    assert "two sold under another code" in page
    assert "asked and not counted" in page
    assert [(row["difference"], row["signed_by_incoming"]) for row in rows] == [
        ("-2", "1002"),
        ("0", "1002"),
    ]


def test_loans_charges_deliveries_and_passes_are_shown_and_saved(pages, chain):
    """REG-04, REG-05, REG-06, REG-08, REG-09, REG-10."""
    with signed_in(pages, "Zhang") as client:
        loans = client.get("/registers").text
        assert "3001 王五" in loans
        assert "not paid" in loans
        (row,) = rows_of(client.get("/registers?format=csv"))
        assert (row["left"], row["responsible"], row["days_overdue"]) == ("4", "王五", "12")
        (row,) = rows_of(client.get("/registers?format=charges"))
        assert (row["person_id"], row["paid_day"]) == ("3001", "")
        deliveries = client.get("/registers/deliveries").text
        assert "delivered, unsigned" in deliveries
        assert "SF100" in deliveries
        (row,) = rows_of(client.get("/registers/deliveries?format=csv"))
        assert (row["state"], row["days_overdue"], row["courier"]) == ("unsigned", "3", "SF")
        month = chain.day(2)[:7]
        (row,) = rows_of(client.get(f"/registers/deliveries?format=slips&month={month}"))
        assert row["tracking_no"] == "SF100"
        (row,) = rows_of(client.get("/registers/passes?format=csv"))
        assert (row["pass_no"], row["out_day"]) == ("MZ021-1", "")


def test_bad_tags_are_listed_by_store_and_month_and_six_are_a_violation(pages):
    """STK-06, STK-07, STK-08."""
    with signed_in(pages, "Zhang") as client:
        page = client.get("/counts/tags").text
        rows = rows_of(client.get("/counts/tags?format=csv"))
    assert page.count(">Violation<") == 1
    assert "the store itself" in page
    assert {(row["store_id"], row["quantity"], row["found_by"]) for row in rows} == {
        ("01", "4", "count"),
        ("01", "2", "count"),
        ("02", "3", "store"),
    }


def test_a_plan_is_set_by_finance_alone_and_draws_the_day_which_others_do_not_see(pages, chain):
    """STK-05: the day is head office's secret until it comes."""
    dialect = chain.office.dialect
    form = {"store": "02", "every": "quarter", "passes": "2", "cycle_days_a": "30",
            "cycle_days_b": "91", "cycle_days_c": "365"}  # fmt: skip
    with signed_in(pages, "Wang", accept="text/html") as client:
        token = form_token(client.get("/").text, "csrf")
        assert client.post("/counts/plan", data=form | {"csrf": token}).status_code == 403
        assert 'action="/counts/plan" class="pick"><input' not in client.get("/counts/plan").text
    with signed_in(pages, "Zhang", accept="text/html") as client:
        token = form_token(client.get("/counts/plan").text, "csrf")
        wrong = client.post("/counts/plan", data=form | {"csrf": token, "cycle_days_a": "5000"})
        assert wrong.status_code == 400
        assert 'value="5000"' in wrong.text  # what was typed stays
        assert client.post("/counts/plan", data=form | {"csrf": token}).status_code == 303
        drawn = [one for one in count_rows.find(dialect, store_id="02") if one.state == "drawn"]
        assert len(drawn) <= 2
        shown = client.get("/counts/plan?store=02").text
        assert all(one.count_id in shown for one in drawn)
    with signed_in(pages, "Wang") as client:
        told = client.get("/counts/plan?store=02").text + client.get("/counts").text
        told += client.get("/counts/plan?store=02&format=csv").text
        for one in drawn:
            assert one.count_id not in told
            asked = {"store": "02", "count": one.count_id}
            assert client.get("/counts/one", params=asked).status_code == 404


def test_what_is_due_by_class_is_proposed_and_opened_with_one_button(pages, chain):
    """REP-03, STK-12."""
    with signed_in(pages, "Zhang") as client:
        shown = client.get("/counts/plan?store=01").text
        assert 'id="cycles"' in shown
        token = form_token(shown, "csrf")
        grade = shown.partition('name="grade" value="')[2][0]
        answer = client.post("/counts/cycle", data={"csrf": token, "store": "01", "grade": grade})
        assert answer.status_code == 303
    (count,) = count_rows.find(chain.office.dialect, store_id="01")
    assert (count.count_kind, count.state, count.note) == ("cycle", "open", f"ABC {grade}")
    assert count.item_codes
    chain.counting("01", count.count_id)
    with signed_in(pages, "Zhang") as client:
        page = client.get("/counts/one", params={"store": "01", "count": count.count_id}).text
    assert 'id="progress"' in page
    areas = page.partition('id="areas"')[2].partition("</table>")[0]
    assert areas.count("is being counted") == 1
    assert ">done<" in areas


def test_a_suggested_promotion_is_answered_on_its_page(pages, chain):
    """REP-05."""
    with signed_in(pages, "Li") as client:
        shown = client.get("/requisitions/promotions").text
        assert "too sweet" in shown
        data = {
            "csrf": form_token(shown, "csrf"),
            "store": "01",
            "key": shown.partition('data-suggestion="')[2].partition('"')[0],
            "answer": "price",
            "note": "from Monday",
        }
        assert client.post("/requisitions/promotions", data=data).status_code == 303
        assert "from Monday" in client.get("/requisitions/promotions").text
