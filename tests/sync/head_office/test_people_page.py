"""People kept on a page: roles, languages, passwords and PINs, blocked at once, every change noted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
import pytest

from sync.head_office import people, personnel, rights
from sync.head_office.feed import Feed
from sync.head_office.refusals import Refused
from sync.protocol import FeedOperator
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.orders_kit import ADMIN, BUYER, EVERYBODY, Bureau
from tests.sync.head_office.pages_kit import Pages, form_token


@pytest.fixture
def bureau(hq) -> Bureau:
    made = Bureau(hq)
    made.sign_up(PASSWORD)
    return made


@pytest.fixture
def pages(bureau, tmp_path) -> Iterator[Pages]:
    with Pages(tmp_path / "hq") as running:
        yield running


@contextmanager
def signed_in(
    pages: Pages, name: str, password: str = PASSWORD, **headers: str
) -> Iterator[httpx.Client]:
    with pages.client(**({"accept": "text/html"} | headers)) as client:
        assert sign_in(client, name, password).status_code == 303
        yield client


def sign_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    token = form_token(client.get("/login").text)
    return client.post("/login", data={"form_token": token, "name": name, "password": password})


def sent(client: httpx.Client, path: str, page: str = "/people", **form: str) -> httpx.Response:
    return client.post(path, data={"csrf": form_token(client.get(page).text, "csrf"), **form})


def actions(bureau: Bureau, subject: str) -> list[tuple[str, str]]:
    found = personnel.events(bureau.office, limit=1000)
    return [(one.by_name, one.action) for one in found if one.subject == subject][::-1]


def operator_row(bureau: Bureau, operator_id: str, scope: str = "") -> FeedOperator:
    row = bureau.office.dialect.one(
        "SELECT row FROM catalogue WHERE scope = ? AND dataset = 'operators' AND row_key = ?",
        (scope, operator_id),
    )
    assert row is not None
    return msgspec.json.decode(bytes(row[0]), type=FeedOperator)


def test_a_person_is_added_on_the_page_and_signs_in_with_what_is_shown_once(pages, bureau):
    with signed_in(pages, "admin") as admin:
        answer = sent(
            admin, "/people/person", act="add", name="小钱", role="goods", language="zh_CN"
        )
        shown = re.search(r"<code>(\w{12})</code>", answer.text)
        assert shown is not None
        assert shown.group(1) not in admin.get("/people").text
    with pages.client(accept="text/html") as client:
        assert sign_in(client, "小钱", shown.group(1)).status_code == 303
        # Pages come in the language that was kept for the person, whatever the browser likes.
        assert 'lang="zh-CN"' in client.get("/orders", headers={"accept-language": "en"}).text
    assert actions(bureau, "小钱") == [("admin", "added")]
    bodies = "".join(one.detail for one in personnel.events(bureau.office))
    assert shown.group(1) not in bodies


def test_whoever_is_blocked_is_out_at_once_and_comes_back_when_unblocked(pages, bureau):
    with signed_in(pages, "Wang") as clerk, signed_in(pages, "admin") as admin:
        assert clerk.get("/orders").status_code == 200
        assert sent(admin, "/people/person", act="block", name="Wang").status_code == 303
        assert clerk.get("/orders").status_code == 303
        assert sign_in(clerk, "Wang", PASSWORD).status_code == 401
        assert sent(admin, "/people/person", act="unblock", name="Wang").status_code == 303
        assert sign_in(clerk, "Wang", PASSWORD).status_code == 303
    assert actions(bureau, "Wang") == [("admin", "blocked"), ("admin", "unblocked")]


def test_another_role_ends_the_sessions_of_the_old_one(pages, bureau):
    with signed_in(pages, "Wang") as clerk, signed_in(pages, "admin") as admin:
        answer = sent(
            admin, "/people/person", act="change", name="Wang", role="finance", language="en"
        )
        assert answer.status_code == 303
        assert clerk.get("/orders").headers["location"] == "/login"
    assert people.by_name(bureau.office, "Wang").role == "finance"
    assert actions(bureau, "Wang") == [("admin", "role_changed"), ("admin", "language_changed")]


def test_nobody_raises_himself_and_nobody_without_the_right_sees_the_page(pages, bureau):
    """CTL-05: neither a buyer nor the administrator changes the own role; somebody else does."""
    with signed_in(pages, "Li") as buyer:
        assert buyer.get("/people").status_code == 403
        token = form_token(buyer.get("/orders").text, "csrf")
        for form in (
            {"act": "change", "name": "Li", "role": "admin"},
            {"act": "add", "name": "Li2", "role": "admin"},
            {"act": "password", "name": "admin"},
        ):
            answer = buyer.post("/people/person", data={"csrf": token, **form})
            assert answer.status_code == 403, form
        assert buyer.get("/people/sheet").status_code == 403
    with signed_in(pages, "admin") as admin:
        answer = sent(admin, "/people/person", act="change", name="admin", role="goods")
        assert answer.status_code == 403
        assert 'data-code="own_account"' in answer.text
        assert sent(admin, "/people/person", act="block", name="admin").status_code == 403
    assert people.by_name(bureau.office, "Li").role == "goods"
    assert people.by_name(bureau.office, "admin").role == rights.ADMIN
    assert [one.name for one in personnel.staff(bureau.office) if one.name == "Li2"] == []
    assert personnel.events(bureau.office) == []


def test_one_person_does_not_order_and_receive_whichever_side_is_entered_last(pages, bureau):
    """CTL-05, order x receive: refused on the page with what was typed still there."""
    with signed_in(pages, "admin") as admin:
        made = {"operator_id": "3001", "name": "小李", "role": "receiver", "pin": "7531"}
        assert sent(admin, "/people/operator", act="add", **made).status_code == 303
        answer = sent(
            admin, "/people/person", act="change", name="Li", role="goods", operator_id="3001"
        )
        assert answer.status_code == 400
        assert 'value="3001" inputmode="numeric"' in answer.text
        assert "these must be two people" in answer.text
        assert sent(
            admin, "/people/person", act="change", name="Li", role="goods", operator_id="1002"
        ).status_code == 303  # fmt: skip
        late = {"operator_id": "1002", "name": "小李", "role": "receiver", "pin": "7531"}
        answer = sent(admin, "/people/operator", act="add", **late)
        assert answer.status_code == 400
        cashier = late | {"role": "cashier"}
        assert sent(admin, "/people/operator", act="add", **cashier).status_code == 303
    assert people.by_name(bureau.office, "Li").operator_id == "1002"


def test_an_operator_keeps_the_pin_until_a_new_one_is_typed(pages, bureau):
    with signed_in(pages, "admin") as admin:
        made = {"operator_id": "1001", "name": "小王", "role": "cashier", "language": "zh_CN"}
        assert sent(admin, "/people/operator", act="add", pin="2580", **made).status_code == 303
        first = operator_row(bureau, "1001")
        changed = made | {"role": "cashier", "name": "王小明"}
        assert sent(admin, "/people/operator", act="change", **changed).status_code == 303
        named = operator_row(bureau, "1001")
        assert (named.name, named.verifier, named.salt) == ("王小明", first.verifier, first.salt)
        assert (
            sent(admin, "/people/operator", act="change", pin="8642", **changed).status_code == 303
        )
        assert operator_row(bureau, "1001").verifier != first.verifier
        assert sent(admin, "/people/operator", act="block", operator_id="1001").status_code == 303
        blocked = operator_row(bureau, "1001")
        assert (blocked.active, blocked.name, blocked.role) == (False, "王小明", "cashier")
        shown = admin.get("/people").text
        assert blocked.verifier not in shown
        rows = list(csv.DictReader(io.StringIO(admin.get("/people/sheet").text.lstrip("\ufeff"))))
    assert [row["action"] for row in rows][::-1] == [
        "added", "name_changed", "pin_given", "blocked",
    ]  # fmt: skip
    assert {row["by_name"] for row in rows} == {"admin"}
    assert "2580" not in str(rows)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"operator_id": "1001", "name": "x", "role": "cashier", "pin": "1234"}, "pin"),
        ({"operator_id": "1001", "name": "x", "role": "cashier", "pin": "25"}, "pin"),
        ({"operator_id": "1001", "name": "x", "role": "manager", "pin": "2580"}, "pin"),
        ({"operator_id": "10a1", "name": "x", "role": "cashier", "pin": "2580"}, "operator_id"),
        ({"operator_id": "1001", "name": "", "role": "cashier", "pin": "2580"}, "name"),
        ({"operator_id": "1001", "name": "x", "role": "king", "pin": "2580"}, "role"),
    ],
)
def test_what_is_wrong_with_an_operator_stands_at_its_field(bureau, form, field):
    with pytest.raises(Refused) as refused:
        personnel.set_operator(Feed(bureau.office), ADMIN, new=True, **form)
    assert [problem.field for problem in refused.value.problems] == [field]
    personnel.set_operator(
        Feed(bureau.office), ADMIN, "1001", name="x", role="cashier", pin="2580", new=True
    )


def test_a_keeper_does_not_change_the_own_operator(bureau):
    keeper = people.Person("admin", "admin", operator_id="8001")
    with pytest.raises(rights.NotAllowed) as refused:
        personnel.set_operator(
            Feed(bureau.office), keeper, "8001", name="x", role="manager", pin="852741"
        )
    assert refused.value.code == "own_account"
    with pytest.raises(rights.NotAllowed):
        personnel.set_operator(Feed(bureau.office), BUYER, "1001", name="x", role="cashier")


def test_the_own_password_is_changed_with_the_present_one_alone(pages, bureau):
    with signed_in(pages, "Wang") as clerk:
        wrong = sent(
            clerk,
            "/account/password",
            "/account",
            old="no",
            new="long enough 1",
            again="long enough 1",
        )
        assert (wrong.status_code, 'id="wrong-old"' in wrong.text) == (400, True)
        short = sent(
            clerk, "/account/password", "/account", old=PASSWORD, new="short", again="short"
        )
        assert 'id="wrong-new"' in short.text
        unlike = sent(
            clerk, "/account/password", "/account", old=PASSWORD, new="long enough 1", again="2"
        )
        assert 'id="wrong-again"' in unlike.text
        assert "long enough 1" not in unlike.text
        done = sent(
            clerk, "/account/password", "/account", old=PASSWORD, new="long enough 1",
            again="long enough 1",
        )  # fmt: skip
        assert done.headers["location"] == "/login"
        assert clerk.get("/account").status_code == 303
        assert sign_in(clerk, "Wang", PASSWORD).status_code == 401
        assert sign_in(clerk, "Wang", "long enough 1").status_code == 303
        own = sent(clerk, "/account/language", "/account", language="zh_CN")
        assert own.status_code == 303
    assert actions(bureau, "Wang") == [("Wang", "password_changed"), ("Wang", "language_changed")]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_role_sees_its_own_account_and_keepers_the_page(pages, bureau, language):
    for person in EVERYBODY:
        with signed_in(pages, person.name, **{"accept-language": language}) as client:
            assert client.get("/account").status_code == 200
            expected = 200 if person.may(rights.PEOPLE_KEEP) else 403
            assert client.get("/people").status_code == expected
