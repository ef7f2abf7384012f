"""R10 and the pull contract: the state of each till-day, revisions, checksums, people and tokens."""

import csv
import hashlib
import io
import json

import msgspec
import pytest

from sync import protocol
from sync.head_office import answers, completeness, people, stores, tables
from sync.head_office.answers import Question
from sync.head_office.auth import Auth, Signed, Workstation
from sync.head_office.service import Service
from tests.sync.head_office.office_kit import (
    DAY,
    JournalingTill,
    Server,
    call,
    line,
    make_office,
    transaction,
)


def trading_till(**more):
    till = JournalingTill(**more)
    till.open()
    till.open_day()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]))
    till.sell(transaction(2, [line(1, "B", 1000, 250)]))
    return till


def states(hq, day=DAY):
    found = completeness.of_day(hq.office, day)
    return found.status, {(d.store_id, d.workstation_id): d.state for d in found.till_days}


def beat(hq, till, **more):
    """A heartbeat of a till, as the service takes it."""
    source = hq.source(till)
    signed = Signed(
        Workstation(
            source.store_id,
            source.workstation_no,
            source.workstation_uuid,
            source.workstation_id,
            "",
            "",
        ),
        hashlib.sha256(repr((more, hq.clock())).encode()).hexdigest()[:16],
        "m",
        hq.clock(),
    )
    request = protocol.HeartbeatRequest(
        **{
            "protocol": 1,
            "workstation_uuid": till.workstation_uuid,
            "epoch": till.epoch,
            "max_seq": len(till.records),
            "acked_seq": 0,
            "app_version": "0.1.0",
            "till_clock_ms": 0,
        }
        | more
    )
    return Service(hq.office).heartbeat(signed, protocol.encode(request))


def test_a_till_day_goes_through_its_states(hq):
    till = trading_till()
    hq.source(till)
    assert states(hq) == ("PARTIAL", {("01", "1"): "not_opened"})
    beat(hq, till, business_day=DAY, day_state="open")
    assert states(hq)[1] == {("01", "1"): "open"}
    hq.take(till)
    assert states(hq) == ("PARTIAL", {("01", "1"): "open"})
    beat(
        hq,
        till,
        business_day=DAY,
        day_state="closed",
        unsent=1,
        last_z=protocol.DayFigures(
            business_day=DAY, z_no=1, transactions=2, lines=2, net_minor=750
        ),
    )
    found = completeness.of_day(hq.office, DAY)
    assert [(d.state, d.unsent) for d in found.missing] == [("closed_not_uploaded", 1)]
    till.close_day()
    hq.take(till, 5)
    assert states(hq) == ("COMPLETE", {("01", "1"): "uploaded"})


def test_a_z_that_is_not_what_was_booked_is_different(hq):
    till = trading_till()
    till.totals.add("gross_sales_minor", 100)
    till.close_day()
    hq.take(till)
    day = completeness.of_day(hq.office, DAY).till_days[0]
    assert (day.state, day.difference_minor) == ("different", 100)
    assert states(hq)[0] == "PARTIAL"


def test_a_sale_after_the_z_makes_the_day_different(hq):
    till = trading_till()
    till.close_day()
    till.sell(transaction(3, [line(1, "A", 1000, 100)]))
    hq.take(till)
    assert states(hq)[1] == {("01", "1"): "different"}


def test_declared_and_waived_days_are_done_and_audited(hq):
    tills = [JournalingTill(), JournalingTill(workstation_id="2", workstation_uuid="uuid-2")]
    for till in tills:
        hq.source(till)
    beat(hq, tills[0], not_trading=(DAY,))
    completeness.declare(
        hq.office,
        store_id="01",
        business_day=DAY,
        workstation_id="2",
        kind="waived",
        by="finance",
        reason="burnt down",
    )
    assert states(hq) == ("COMPLETE", {("01", "1"): "not_trading", ("01", "2"): "waived"})
    assert "waived" in hq.audit()
    with pytest.raises(ValueError, match="waived"):
        completeness.declare(
            hq.office,
            store_id="01",
            business_day=DAY,
            workstation_id="2",
            kind="x",
            by="",
            reason="",
        )


def test_a_till_is_not_expected_before_it_was_enrolled(hq):
    hq.source(JournalingTill())
    assert states(hq, "2020-01-01") == ("COMPLETE", {})
    assert states(hq, DAY)[0] == "PARTIAL"


def test_partial_names_each_missing_till_with_whom_to_call(hq):
    till = trading_till()
    hq.source(till)
    stores.add_store(hq.office, "01", contact="王经理 138…")
    beat(hq, till, unsent=42, business_day=DAY, day_state="open")
    missing = completeness.of_day(hq.office, DAY).missing
    assert [(m.contact, m.unsent, m.last_seen_utc_ms) for m in missing] == [
        ("王经理 138…", 42, hq.clock())
    ]


def test_tills_that_have_not_synced_are_listed_with_the_reason(hq):
    heard = trading_till()
    never = JournalingTill(workstation_id="2", workstation_uuid="uuid-2")
    revoked = JournalingTill(workstation_id="3", workstation_uuid="uuid-3")
    for till in (heard, never, revoked):
        hq.source(till)
    Auth(hq.office).revoke("01", "3")
    hq.take(heard)
    found = {s.workstation_id: s.reason for s in completeness.silent(hq.office)}
    assert found == {"2": "never_seen", "3": "revoked"}
    beat(hq, heard, unsent=5, oldest_unsent_ms=hq.clock() - 3_600_000)
    assert {s.workstation_id: s.reason for s in completeness.silent(hq.office)}["1"] == "backlog"
    hq.clock.now_ms += 3_600_000
    assert {s.workstation_id: s.reason for s in completeness.silent(hq.office)}["1"] == "silent"


# ------------------------------------------------------------------------------ answers


def test_an_answer_keeps_its_revision_until_the_day_changes(hq):
    till = trading_till()
    hq.take(till, 1, 3)
    question = Question(business_day=DAY)
    first = answers.ask(hq.office, question)
    hq.clock.now_ms += 1000
    beat(hq, till, unsent=1)
    again = answers.ask(hq.office, question)
    assert (again.revision, again.data, again.sha256) == (1, first.data, first.sha256)
    assert answers.changed_since_download(hq.office) == []
    hq.clock.now_ms += 1000
    hq.take(till, 4)
    changed = answers.changed_since_download(hq.office)
    assert [(c["store_id"], c["business_day"]) for c in changed] == [("01", DAY)]
    second = answers.ask(hq.office, question)
    assert second.revision == 2
    assert json.loads(second.data)["rows"][0]["net"] == "7.50"
    assert answers.ask(hq.office, question, revision=1).data == first.data
    assert hashlib.sha256(first.data).hexdigest() == first.sha256
    content = json.loads(second.data)
    assert (content["status"], content["revisions"][0][0]) == ("PARTIAL", 1)
    assert content["till_days"][0]["state"] == "open"


def test_every_format_of_an_old_revision_says_what_the_revision_said(hq):
    till = trading_till()
    hq.take(till, 1, 3)
    question = Question(business_day=DAY, by="item")
    answers.ask(hq.office, question)
    hq.take(till, 4)
    answers.ask(hq.office, question)
    text = answers.ask(hq.office, question, fmt="csv", revision=1).data.decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [r["item_code"] for r in rows] == ["A"]
    with pytest.raises(answers.UnknownRevisionError):
        answers.ask(hq.office, question, revision=3)


def test_questions_that_make_no_sense_are_refused(hq):
    for question, fmt in (
        (Question(business_day="2026-13-01"), "json"),
        (Question(business_day=DAY, by="colour"), "json"),
        (Question(business_day=DAY), "pdf"),
    ):
        with pytest.raises(ValueError, match=r"expected|month|day"):
            answers.ask(hq.office, question, fmt=fmt)


def test_file_names_say_day_and_revision(hq):
    hq.source(JournalingTill())
    answer = answers.ask(hq.office, Question(business_day=DAY, store_id="01/../x", by="item"))
    assert answer.file_name == "日销售_2026-11-21_item_01_.._x_r1.json"


def test_csv_guards_against_formulas_and_leaves_numbers_numbers():
    text = tables.to_csv(
        ("item_code", "description", "net"),
        [{"item_code": "=1+1", "description": "＝SUM(A1)", "net": "-3.10"}],
    )
    assert text.startswith("\ufeff")
    assert text.splitlines()[1] == "'=1+1,'＝SUM(A1),-3.10"


# ------------------------------------------------------------------------------ people


def test_a_person_signs_in_with_the_right_password_only(hq):
    people.set_password(hq.office, "admin", "right horse")
    assert people.sign_in(hq.office, "admin", "wrong") is None
    assert people.sign_in(hq.office, "nobody", "right horse") is None
    signed_in = people.sign_in(hq.office, "admin", "right horse")
    assert signed_in is not None
    secret, person = signed_in
    assert people.by_session(hq.office, secret) == person
    assert people.by_session(hq.office, secret + "x") is None
    hq.clock.now_ms += people.SESSION_LIFETIME_MS + 1
    assert people.by_session(hq.office, secret) is None
    assert person.csrf


def test_a_new_password_ends_open_sessions(hq):
    people.set_password(hq.office, "admin", "one")
    signed_in = people.sign_in(hq.office, "admin", "one")
    assert signed_in is not None
    secret = signed_in[0]
    people.set_password(hq.office, "admin", "two")
    assert people.by_session(hq.office, secret) is None


def test_tokens_and_passwords_are_not_in_the_database(hq):
    token = people.add_token(hq.office, "excel")
    people.set_password(hq.office, "admin", "hunter2hunter2")
    dump = repr(hq.rows("SELECT * FROM token")) + repr(hq.rows("SELECT * FROM person"))
    assert token not in dump
    assert "hunter2" not in dump
    assert people.by_token(hq.office, token) == people.Person("excel", "reader")
    people.revoke_token(hq.office, "excel")
    assert people.by_token(hq.office, token) is None


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A served head office with two stores, a person and two tokens."""
    from sync.head_office.database import system_clock_ms

    home = tmp_path_factory.mktemp("served")
    hq = make_office(home, clock=system_clock_ms)
    hq.take(trading_till())
    hq.take(trading_till(store_id="02", workstation_uuid="uuid-9"))
    people.set_password(hq.office, "admin", "secret word")
    tokens = (people.add_token(hq.office, "all"), people.add_token(hq.office, "one", "01"))
    hq.office.close()
    with Server(home) as running:
        yield running.url, tokens


def ask(served, query, token=0, **headers):
    url, tokens = served
    given = {"Authorization": f"Bearer {tokens[token]}"} | headers
    return call("GET", f"{url}/api/v1/daily-sales?{query}", headers=given)


def test_the_api_answers_with_etag_revision_and_checksum(served):
    answer = ask(served, f"business_day={DAY}")
    assert answer.status == 200
    assert hashlib.sha256(answer.body).hexdigest() == answer.headers["guitai-sha256"]
    assert answer.headers["guitai-revision"] == "1"
    assert [r["store_id"] for r in answer.json["rows"]] == ["01", "02"]
    assert answer.json["status"] == "PARTIAL"
    etag = answer.headers["etag"]
    assert ask(served, f"business_day={DAY}", **{"If-None-Match": etag}).status == 304
    assert ask(served, f"business_day={DAY}&revision=1").body == answer.body
    assert ask(served, f"business_day={DAY}&revision=9").status == 404
    assert [r["store_id"] for r in ask(served, f"business_day={DAY}&after=01").json["rows"]] == [
        "02"
    ]


def test_the_api_gives_csv_with_a_name(served):
    answer = ask(served, f"business_day={DAY}&format=csv&by=item")
    assert answer.body.startswith("\ufeff".encode())
    assert "filename*=UTF-8''%E6%97%A5" in answer.headers["content-disposition"]


def test_a_token_of_one_store_reads_that_store_only(served):
    assert [r["store_id"] for r in ask(served, f"business_day={DAY}", 1).json["rows"]] == ["01"]
    assert ask(served, f"business_day={DAY}&store=02", 1).status == 403
    url, tokens = served
    headers = {"Authorization": f"Bearer {tokens[1]}"}
    for path in ("silent", "stores", "days-changed", f"completeness?business_day={DAY}"):
        text = call("GET", f"{url}/api/v1/{path}", headers=headers).body.decode()
        assert '"02"' not in text
    assert (
        call("GET", f"{url}/api/v1/top-items?business_day={DAY}&store=02", headers=headers).status
        == 403
    )


def test_the_token_in_the_address_serves_excel_from_web(served):
    url, tokens = served
    assert (
        call("GET", f"{url}/api/v1/daily-sales?business_day={DAY}&token={tokens[0]}").status == 200
    )
    assert call("GET", f"{url}/api/v1/daily-sales?business_day={DAY}&token=x").status == 401
    assert call("GET", f"{url}/api/v1/daily-sales?business_day={DAY}").status == 401


def test_odd_questions_are_4xx_never_5xx(served):
    for query in (
        "business_day=",
        "business_day=2026-11-31",
        f"business_day={DAY}&by=';DROP TABLE sale",
        f"business_day={DAY}&format=exe",
        f"business_day={DAY}&revision=x",
        "x=1",
    ):
        assert 400 <= ask(served, query.replace(" ", "%20")).status < 500


def test_changing_things_needs_a_session_and_its_csrf_token(served):
    url, tokens = served
    wrong = msgspec.json.encode({"name": "admin", "password": "no"})
    plain = {"Content-Type": "application/json"}
    assert call("POST", f"{url}/api/v1/session", wrong, plain).status == 401
    right = msgspec.json.encode({"name": "admin", "password": "secret word"})
    signed_in = call("POST", f"{url}/api/v1/session", right, plain)
    assert signed_in.status == 200
    cookie = signed_in.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    session = {"Cookie": cookie.partition(";")[0], "Content-Type": "application/json"}
    body = msgspec.json.encode(
        {
            "store_id": "01",
            "business_day": DAY,
            "workstation_id": "1",
            "kind": "waived",
            "reason": "seen",
        }
    )
    target = f"{url}/api/v1/declarations"
    assert call("POST", target, body, session).status == 403
    assert (
        call("POST", target, body, plain | {"Authorization": f"Bearer {tokens[0]}"}).status == 403
    )
    csrf = {"X-CSRF-Token": signed_in.json["csrf"]}
    assert call("POST", target, body, session | csrf).status == 200
    state = call("GET", f"{url}/api/v1/completeness?business_day={DAY}&store=01", headers=session)
    assert state.json["status"] == "COMPLETE"
    assert call("DELETE", f"{url}/api/v1/session", headers=session | csrf).status == 200
    assert call("GET", f"{url}/api/v1/stores", headers=session).status == 401
