"""An approval by telephone from the till's screen to head office's books (experience rule 10, I8)."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from pos.config.roles import load_role_book
from pos.domain.approval import read_request, request_number, right_number
from pos.services import approvals, cash
from pos.services.context import Grant
from pos.store.approval_key import approval_key_path
from pos.store.journal import Identity, JournalStore
from pos.store.reference import ReferenceReader
from sync.head_office import people, remote_approvals
from sync.head_office.database import open_head_office
from tests.pos.services.shop import act_as, begin_day, open_till, staff
from tests.sync import chain as kit
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.office_kit import CHECKOUT, Server
from tests.sync.head_office.pages_kit import Pages, form_token


def hq(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sync.head_office", *map(str, arguments)],
        cwd=CHECKOUT, env=kit.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def office(tmp_path):
    return kit.make_head_office(tmp_path / "hq")


def counter_at(home, number="01"):
    """A cashier at an enrolled till where nobody may approve."""
    till = open_till(home, approval__alone="head_office_code")
    reference = ReferenceReader(home)
    identity = Identity(
        store_id=kit.STORE,
        workstation_id=number,
        workstation_uuid=reference.meta("workstation_uuid") or "",
    )
    reference.close()
    till.journal.close()
    till.journal = JournalStore.open(home, identity, till.clock, "test")
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    act_as(till, "1001")
    return till


def test_a_code_from_the_telephone_opens_one_action_and_is_in_head_offices_books(office, tmp_path):
    home = tmp_path / "till"
    with Server(office) as server:
        code = kit.new_code(office, "07")
        enrolled = kit.sync("enrol", "--home", home, "--url", server.url, "--code", code)
        assert enrolled.returncode == 0, enrolled.stderr
        key = approval_key_path(home)
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert key.read_text().strip() not in enrolled.stdout
        till = counter_at(home, "07")
        asked = approvals.ask_head_office(till, "cash.paid_out", 5000)
        answered = hq(
            "approve-code", asked.request_no.replace("-", " "), "--home", office,
            "--store", kit.STORE, "--workstation", "07", "--by", "王经理", "--reason", "买冰", "--json",
        )  # fmt: skip
        assert answered.returncode == 0, answered.stderr
        told = json.loads(answered.stdout)
        assert (told["request"]["right"], told["request"]["limit_value"]) == (
            "cash.paid_out",
            5000,
        )

        given = approvals.grant_by_code(till, asked, told["code"], "买冰")

        assert isinstance(given, Grant), given
        assert cash.paid_out(till, 6000, "purchase", given).code == "approval_for_other_action"
        done = cash.paid_out(till, 5000, "purchase", given)
        assert isinstance(done, cash.CashMoved)
        done.saved.result()
        till.journal.close()
        kit.set_sync(home, server.url)
        assert kit.sync("once", "--home", home).returncode == 0

    [row] = json.loads(hq("approve-code", "--home", office, "--list").stdout)
    assert (row["request_no"], row["workstation_id"]) == (asked.request_no, "07")
    assert row["given"].startswith("王经理: cash.paid_out 5000 买冰")
    assert row["used"] == "cash.paid_out 1001 买冰"
    assert told["code"] not in json.dumps(kit.ask(office, "SELECT detail FROM sales_audit"))


def test_another_tills_code_and_another_requests_code_are_wrong(office, tmp_path):
    home, other = tmp_path / "till", tmp_path / "other"
    kit.make_till(home, office, "http://127.0.0.1:9", "01")
    kit.make_till(other, office, "http://127.0.0.1:9", "02")
    till = counter_at(home)
    asked = approvals.ask_head_office(till, "drawer.no_sale")
    second = approvals.ask_head_office(till, "cash.paid_out", 900)
    place, book = open_head_office(office), load_role_book()

    def code(workstation, request_no):
        return remote_approvals.approve(
            place, book, store_id=kit.STORE, workstation_id=workstation,
            request_no=request_no, by="王经理",
        ).code  # fmt: skip

    assert approvals.grant_by_code(till, asked, code("02", asked.request_no)).code == "wrong_code"
    assert approvals.grant_by_code(till, asked, code("01", second.request_no)).code == "wrong_code"
    assert isinstance(approvals.grant_by_code(till, asked, code("01", asked.request_no)), Grant)
    with pytest.raises(remote_approvals.NotApprovable, match="digit by digit"):
        code("01", asked.request_no[:-1] + str((int(asked.request_no[-1]) + 1) % 10))
    with pytest.raises(LookupError):
        code("09", asked.request_no)
    place.close()
    till.journal.close()


def test_the_page_shows_what_is_asked_before_it_gives_the_code(office, tmp_path):
    kit.make_till(tmp_path / "till", office, "http://127.0.0.1:9", "01")
    place = open_head_office(office)
    people.set_password(place, "admin", PASSWORD)
    place.close()
    number = request_number(4711, "sale.discount", 30)
    with Pages(office) as pages, pages.signed_in(**{"Accept-Language": "zh"}) as client:
        form = {
            "csrf": form_token(client.get("/approvals").text, "csrf"),
            "till": f"{kit.STORE}|01",
            "request_no": number,
            "reason": "老顾客",
        }
        read = client.post("/approvals", data=form)
        assert "折扣: 30%" in read.text
        assert 'id="code"' not in read.text
        assert kit.ask(office, "SELECT * FROM sales_audit") == []
        given = client.post("/approvals", data=form | {"give": "1"})
        assert 'id="code"' in given.text
        wrong = client.post("/approvals", data=form | {"request_no": "1-2-3"})
        assert (wrong.status_code, 'role="alert"' in wrong.text) == (400, True)
        assert client.post("/approvals", data=form | {"csrf": "x"}).status_code == 403
        nowhere = client.post("/approvals", data=form | {"till": "9|9", "give": "1"})
        assert nowhere.status_code == 400
        listed = client.get("/approvals").text
    assert number in listed
    assert "admin: sale.discount 30 老顾客" in listed
    with Pages(office) as pages, pages.client() as stranger:
        assert stranger.get("/approvals").status_code == 303
        assert stranger.post("/approvals", data=form).status_code == 303


def test_every_right_has_a_number_of_its_own():
    rights = load_role_book().rights
    assert len({right_number(right) for right in rights}) == len(rights)
    for right in rights:
        read = read_request(request_number(999_999, right, 12_345), rights)
        assert (read.right, read.limit_value) == (right, 12_345)


@pytest.mark.parametrize(
    "text", ["", "1", "-" * 20, "123456-0471", "9" * 400, "４８２９１３", "48291a-0471-50008"]
)
def test_what_is_no_request_number_is_nothing(text):
    assert read_request(text, load_role_book().rights) is None
