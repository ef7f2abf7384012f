"""Tills over HTTP: enrolment, signatures, the hot route and hostile input, against `hq serve`."""

import gzip
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from urllib.parse import urlencode

import msgspec
import pytest

from pos.domain.goods.registers import Register
from sync import protocol
from sync.head_office import stock_fold
from sync.head_office.auth import Auth
from sync.head_office.database import open_head_office
from sync.sibling_wire import ROUTE_SIBLINGS, SiblingsAnswer
from sync.sold_wire import ROUTE_SOLD, SoldAnswer
from tests.postgres_fixture import new_database
from tests.sync.head_office.goods_kit import note
from tests.sync.head_office.office_kit import (
    EnrolledTill,
    JournalingTill,
    Server,
    call,
    enrol_call,
    line,
    make_office,
    new_code,
    shopping,
    transaction,
)


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def server(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("hq")
    url = None
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres_server"))
    make_office(home, url).office.close()
    arguments = () if url is None else ("--database", url)
    with Server(home, *arguments) as running:
        running.database_url = url
        yield running
    assert running.code in (0, -15)
    assert "Traceback" not in running.stderr
    assert "ingest failed" not in running.stderr


@pytest.fixture
def office(server):
    opened = open_head_office(server.home, database_url=server.database_url)
    yield opened
    opened.close()


numbers = iter(range(1, 10_000))


@pytest.fixture
def place(office):
    """A new store's first till place and its code."""
    store_id = f"S{next(numbers)}"
    return store_id, new_code(office, store_id)


@pytest.fixture
def till(server, place):
    return EnrolledTill.enrol(server.url, place[1])


def journal_of(till, count=5, **more):
    made = JournalingTill(
        store_id=till.answer["store_id"], workstation_uuid=till.workstation_uuid, **more
    )
    made.open()
    made.open_day()
    for _ in shopping(made, count):
        pass
    return made


def test_a_till_enrols_pushes_and_head_office_shows_its_day(server, office, till):
    made = journal_of(till)
    answer = till.push(made.request())
    assert answer.status == 200, answer.body
    assert answer.json["acked"] == {"epoch": "epoch-1", "seq": 7}
    assert answer.json["head_hash"] == made.head.hex()
    assert answer.json["durable_seq"] == 7
    rows = office.dialect.query(
        "SELECT transactions FROM daily WHERE dimension = 'store' AND store_id = ?",
        (till.answer["store_id"],),
    )
    assert [tuple(r) for r in rows] == [(5,)]


def test_a_till_hears_what_its_sibling_wrote_and_sold(server, office, place):
    """R14, REP-06, over the wire: signed, by position, nothing of its own."""
    store_id, code = place
    till = EnrolledTill.enrol(server.url, code)
    sibling = EnrolledTill.enrol(server.url, new_code(office, store_id, "02"), machine="machine-2")
    made = journal_of(sibling, workstation_id="02")
    note(made, Register.LOAN, "L1", "lent")
    sibling.push(made.request())
    stock_fold.fold_all(office.dialect, store_id)

    heard = msgspec.json.decode(till.get(ROUTE_SIBLINGS + "?cursor=").body, type=SiblingsAnswer)
    sold = msgspec.json.decode(till.get(ROUTE_SOLD + "?cursor=").body, type=SoldAnswer)

    assert [entry.workstation_id for entry in heard.entries] == ["02"]
    assert '"L1"' in heard.entries[0].text
    assert sum(one.out_milli for day in sold.days for one in day.sums) > 0
    again = till.get(f"{ROUTE_SIBLINGS}?{urlencode({'cursor': heard.cursor})}")
    assert msgspec.json.decode(again.body, type=SiblingsAnswer).entries == ()
    own = sibling.get(ROUTE_SIBLINGS + "?cursor=")
    assert msgspec.json.decode(own.body, type=SiblingsAnswer).entries == ()
    assert call("GET", server.url + ROUTE_SIBLINGS + "?cursor=").status == 401


def test_hello_tells_watermarks_and_the_feeds_version(till):
    made = journal_of(till)
    till.push(made.request(1, 4))
    request = protocol.HelloRequest(
        protocol_versions=(1, 9),
        workstation_uuid=till.workstation_uuid,
        app_version="0.1.0",
        till_clock_ms=0,
        epochs=(
            protocol.EpochState(epoch="epoch-1", max_seq=7),
            protocol.EpochState(epoch="another", max_seq=3),
        ),
    )
    answer = till.post(protocol.ROUTE_HELLO, request).json
    assert answer["protocol"] == 1
    assert answer["watermarks"][0]["acked_seq"] == 4
    assert answer["watermarks"][0]["head_hash"] == made.records[3][0].hex()
    assert "acked_seq" in answer["watermarks"][1]
    assert till.answer["incarnation"] == answer["incarnation"]


def test_hello_without_a_common_protocol_asks_for_an_upgrade(till):
    request = protocol.HelloRequest(
        protocol_versions=(99,),
        workstation_uuid=till.workstation_uuid,
        app_version="",
        till_clock_ms=0,
    )
    answer = till.post(protocol.ROUTE_HELLO, request)
    assert (answer.status, answer.error) == (426, "upgrade_required")


def test_a_push_in_another_protocol_asks_for_an_upgrade(till):
    assert till.push(journal_of(till).request(protocol=99)).status == 426


def test_own_entries_come_back_byte_for_byte(till):
    made = journal_of(till)
    till.push(made.request())
    answer = till.get("/sync/v1/journal?epoch=epoch-1&after=2")
    assert answer.status == 200
    records = answer.json["records"]
    assert [r["bytes"].encode() for r in records] == [d for _, d in made.records[2:]]
    assert answer.json["prev_hash"] == made.records[1][0].hex()
    assert answer.json["last"] is True
    assert till.get("/sync/v1/journal?epoch=nothing&after=0").status == 404
    assert till.get("/sync/v1/journal?epoch=epoch-1&after=-1").status == 400


def test_a_gap_and_a_fork_are_409_with_what_the_till_needs(till):
    made = journal_of(till)
    till.push(made.request(1, 3))
    gap = till.push(made.request(6))
    assert (gap.status, gap.error, gap.json["expected"]) == (409, "gap", 4)
    other = JournalingTill(workstation_uuid=till.workstation_uuid, seed=5)
    other.records = made.records[:2]
    other.sell(transaction(1, [line(1, "Z", 1000, 1)]))
    fork = till.push(other.request())
    assert (fork.status, fork.error, fork.json["expected"]) == (409, "fork", 3)
    assert fork.json["head_hash"] == made.records[2][0].hex()


# ------------------------------------------------------------------------------ enrolment


def test_a_code_is_good_once(server, place):
    EnrolledTill.enrol(server.url, place[1])
    answer = enrol_call(server.url, place[1], protocol.new_private_key())
    assert (answer.status, answer.error) == (403, "bad_code")


def test_two_tills_racing_for_one_code_get_one_place(server, office, place):
    keys = [protocol.new_private_key() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda key: enrol_call(server.url, place[1], key).status, keys))
    assert sorted(found) == [200, 403, 403, 403, 403, 403]
    rows = office.dialect.query("SELECT COUNT(*) FROM workstation WHERE store_id = ?", (place[0],))
    assert rows[0][0] == 1


def test_a_code_is_forgiving_about_case_and_dashes_but_not_about_time(server, office, place):
    EnrolledTill.enrol(server.url, place[1].replace("-", " ").lower())
    late = Auth(office).new_code(place[0], "2", lifetime_ms=0)
    assert enrol_call(server.url, late, protocol.new_private_key()).status == 403


def test_a_new_enrolment_of_the_same_place_replaces_the_old_till(server, office, place):
    EnrolledTill.enrol(server.url, place[1])
    EnrolledTill.enrol(server.url, Auth(office).new_code(place[0], "1"))
    rows = office.dialect.query(
        "SELECT state FROM workstation WHERE store_id = ? ORDER BY workstation_no", (place[0],)
    )
    assert [r[0] for r in rows] == ["replaced", "active"]


def test_a_new_disk_is_told_which_day_its_place_traded_last(server, office, place):
    first = EnrolledTill.enrol(server.url, place[1])
    assert "last_business_day" not in first.answer
    first.push(journal_of(first).request())
    (day,) = office.dialect.one("SELECT max(business_day) FROM till_day")
    second = EnrolledTill.enrol(server.url, Auth(office).new_code(place[0], "1"))
    other = EnrolledTill.enrol(server.url, Auth(office).new_code(place[0], "2"))

    assert second.answer["last_business_day"] == day
    assert "last_business_day" not in other.answer


def test_a_till_claims_its_identity_back_with_its_key_alone(server, office, place):
    till = EnrolledTill.enrol(server.url, place[1])
    code = Auth(office).new_code(place[0], "1")
    public = protocol.public_key_of(till.private_key)
    message = protocol.reclaim_message(code, till.workstation_uuid, public)
    thief = protocol.new_private_key()
    stolen = enrol_call(
        server.url,
        code,
        thief,
        reclaim_uuid=till.workstation_uuid,
        reclaim_signature=protocol.sign(
            thief,
            protocol.reclaim_message(code, till.workstation_uuid, protocol.public_key_of(thief)),
        ),
    )
    assert stolen.status == 403
    back = enrol_call(
        server.url,
        code,
        till.private_key,
        reclaim_uuid=till.workstation_uuid,
        reclaim_signature=protocol.sign(till.private_key, message),
    )
    assert back.status == 200, back.body  # the refused attempt did not use the code up
    assert back.json["workstation_uuid"] == till.workstation_uuid


def test_an_identity_unknown_after_a_restore_is_taken_back_with_the_key(server, place):
    key, uuid = protocol.new_private_key(), "0f8fad5b-d9cb-469f-a165-70867728950e"
    message = protocol.reclaim_message(place[1], uuid, protocol.public_key_of(key))
    answer = enrol_call(
        server.url, place[1], key, reclaim_uuid=uuid, reclaim_signature=protocol.sign(key, message)
    )
    assert answer.json["workstation_uuid"] == uuid


def test_guessing_codes_is_slowed_down(tmp_path):
    made = make_office(tmp_path)
    made.office.close()
    with Server(tmp_path) as running:
        found = [enrol_call(running.url, "AAA-AAA-AAA", b"\x01" * 32).status for _ in range(12)]
    assert found[:10] == [403] * 10
    assert found[10:] == [429, 429]


# ------------------------------------------------------------------------------ signatures


def test_what_is_not_signed_or_not_signed_so_is_refused(till):
    made = journal_of(till)
    body = protocol.deflate(protocol.encode(made.request()))
    good = till.headers("POST", protocol.ROUTE_JOURNAL, body) | {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    url = till.url + protocol.ROUTE_JOURNAL
    for name in ("Guitai-Key", "Guitai-Time", "Guitai-Nonce", "Guitai-Signature"):
        left_out = {k: v for k, v in good.items() if k != name}
        assert call("POST", url, body, left_out).status == 401
    for name, value in (
        ("Guitai-Time", str(int(good["Guitai-Time"]) + 1)),
        ("Guitai-Nonce", "0" * 16),
        ("Guitai-Machine", "another"),
        ("Guitai-Signature", good["Guitai-Signature"][:-4] + "AAA="),
        ("Guitai-Signature", "not base64!"),
        ("Guitai-Key", "no-such-workstation"),
        ("Guitai-Key", "' OR 1=1 --"),
    ):
        assert call("POST", url, body, good | {name: value}).status == 401
    assert call("POST", url + "?x=1", body, good).status == 401
    changed = protocol.deflate(protocol.encode(made.request(app_version="evil")))
    assert call("POST", url, changed, good).status == 401
    assert call("POST", url, body, good).status == 200  # the negative control


def test_a_wrong_clock_is_told_the_right_time(till):
    body = protocol.deflate(protocol.encode(journal_of(till).request()))
    before = time.time_ns() // 1_000_000
    answer = till.push_bytes(body, time_ms=1_000_000_000_000)
    assert (answer.status, answer.error) == (401, "clock_skew")
    assert answer.json["server_time_ms"] >= before
    assert till.push_bytes(body).status == 200


def test_the_journal_may_be_replayed_and_other_posts_may_not(till):
    body = protocol.deflate(protocol.encode(journal_of(till).request()))
    assert [till.push_bytes(body, nonce="1" * 16).status for _ in range(2)] == [200, 200]
    beat = protocol.HeartbeatRequest(
        protocol=1,
        workstation_uuid=till.workstation_uuid,
        epoch="epoch-1",
        max_seq=7,
        acked_seq=7,
        app_version="0.1.0",
        till_clock_ms=0,
    )
    assert till.post(protocol.ROUTE_HEARTBEAT, beat, nonce="2" * 16).status == 200
    again = till.post(protocol.ROUTE_HEARTBEAT, beat, nonce="2" * 16)
    assert (again.status, again.error) == (401, "replayed")


def test_a_till_cannot_push_or_speak_for_another(server, office, till):
    other = EnrolledTill.enrol(server.url, new_code(office, f"S{next(numbers)}"))
    stolen = journal_of(other)
    answer = till.push(stolen.request())
    assert (answer.status, answer.error) == (403, "forbidden")
    other.push(stolen.request())
    assert till.get("/sync/v1/journal?epoch=epoch-1&after=0").status == 404
    hello = protocol.HelloRequest(
        protocol_versions=(1,),
        workstation_uuid=other.workstation_uuid,
        app_version="",
        till_clock_ms=0,
    )
    assert till.post(protocol.ROUTE_HELLO, hello).status == 403


def test_a_revoked_key_is_refused_and_what_it_sent_stays(server, office, till):
    made = journal_of(till)
    till.push(made.request(1, 4))
    Auth(office).revoke(till.answer["store_id"], "1")
    deadline = time.monotonic() + 10
    while (answer := till.push(made.request(5))).status == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (answer.status, answer.error) == (403, "revoked")
    rows = office.dialect.query(
        "SELECT COUNT(*) FROM journal WHERE store_id = ?", (till.answer["store_id"],)
    )
    assert rows[0][0] >= 4


def test_a_key_that_signs_from_two_machines_in_a_day_is_an_alarm_never_a_lock(office, till):
    made = journal_of(till)
    till.push(made.request(1, 3))
    till.machine = "machine-2"
    assert till.push(made.request(4)).status == 200
    rows = office.dialect.query(
        "SELECT code FROM sales_audit WHERE store_id = ?", (till.answer["store_id"],)
    )
    assert "two_machines" in {r[0] for r in rows}


# ------------------------------------------------------------------------------ hostile input


def test_a_gzip_bomb_is_refused_without_inflating_it(till):
    bomb = gzip.compress(b"0" * 200_000_000, 9)
    assert len(bomb) < protocol.MAX_COMPRESSED_BYTES
    began = time.monotonic()
    answer = till.push_bytes(bomb)
    assert (answer.status, answer.error) == (413, "too_large")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: protocol.deflate(good) + b"more",
        lambda good: protocol.deflate(good) + protocol.deflate(good),
        lambda good: protocol.deflate(good)[:-9],
        lambda good: protocol.deflate(good)[:-8] + b"\0" * 8,
        lambda good: good,
        lambda good: b"",
        lambda good: protocol.deflate(good + b"x"),
        lambda good: protocol.deflate(b"\xef\xbb\xbf" + good),
        lambda good: protocol.deflate(good.decode().encode("utf-16")),
        lambda good: protocol.deflate(good.replace(b'"epoch":', b'"epoch":"x","epoch":')),
        lambda good: protocol.deflate(good.replace(b'"first_seq":1', b'"first_seq":NaN')),
        lambda good: protocol.deflate(good.replace(b'"first_seq":1', b'"first_seq":1e999')),
        lambda good: protocol.deflate(
            good.replace(b'"first_seq":1', b'"first_seq":' + b"1" * 5000)
        ),
        lambda good: protocol.deflate(good.replace(b'"first_seq":1', b'"first_seq":0')),
        lambda good: protocol.deflate(good.replace(b'"first_seq":1', b'"first_seq":-1')),
        lambda good: protocol.deflate(good.replace(b'"first_seq":1', b'"first_seq":true')),
        lambda good: protocol.deflate(good.replace(b'"epoch":"', b'"epoch":"\\ud800')),
        lambda good: protocol.deflate(good.replace(b'"epoch":', b'"watermark":9,"epoch":')),
        lambda good: protocol.deflate(re.sub(rb'"prev_hash":"\w+"', b'"prev_hash":"zz"', good)),
        lambda good: protocol.deflate(good.replace(b'"bytes":', b'"b64":"!!","bytes":')),
        lambda good: protocol.deflate(b"[" * 1_000_000),
        lambda good: protocol.deflate(b'{"a":' * 100_000),
        lambda good: protocol.deflate(b"null"),
    ],
)
def test_malformed_bodies_are_400_and_nothing_of_them_is_kept(till, spoil):
    made = journal_of(till)
    good = protocol.encode(made.request())
    answer = till.push_bytes(spoil(good))
    assert (answer.status, answer.error) == (400, "malformed"), answer.body
    assert "Traceback" not in answer.body.decode()
    assert till.push_bytes(protocol.deflate(good)).json["acked"]["seq"] == 7


def test_json_with_other_spacing_is_the_same_message(till):
    made = journal_of(till)
    spaced = json.dumps(json.loads(protocol.encode(made.request())), indent=1).encode()
    assert till.push_bytes(protocol.deflate(spaced)).status == 200


def test_too_many_records_or_too_many_bytes_are_413(till):
    made = JournalingTill(workstation_uuid=till.workstation_uuid)
    for _ in range(501):
        made.note()
    assert till.push(made.request()).status == 413
    assert till.push(made.request(1, 500)).status == 200
    answer = till.push_bytes(b"\x1f\x8b" + b"x" * protocol.MAX_COMPRESSED_BYTES)
    assert answer.status == 413


def test_other_methods_and_content_types_are_refused(till):
    url = till.url + protocol.ROUTE_JOURNAL
    for method in ("PUT", "DELETE", "PATCH"):
        answer = call(method, url, b"")
        assert answer.status == 405
        assert answer.headers["allow"] == "GET, POST"
    body = protocol.deflate(protocol.encode(journal_of(till).request()))
    assert till.push_bytes(body, headers={"Content-Type": "text/plain"}).status == 415
    assert till.push_bytes(body, headers={"Content-Encoding": "br"}).status == 415


def raw(url, data, *, wait_s=5.0):
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=wait_s) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        found = b""
        while part := connection.recv(65536):
            found += part
    return found


def test_a_body_that_is_shorter_than_it_said_is_not_taken(till, office):
    body = protocol.deflate(protocol.encode(journal_of(till).request()))
    headers = till.headers("POST", protocol.ROUTE_JOURNAL, body)
    lines = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
    head = (
        f"POST {protocol.ROUTE_JOURNAL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: {len(body) + 50}\r\n{lines}\r\n"
    )
    assert b" 200 " not in raw(till.url, head.encode() + body)[:20]
    smuggled = (
        f"POST {protocol.ROUTE_JOURNAL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n{lines}\r\n"
    )
    assert b" 200 " not in raw(till.url, smuggled.encode() + b"0\r\n\r\n" + body)[:20]
    rows = office.dialect.query(
        "SELECT COUNT(*) FROM journal WHERE store_id = ?", (till.answer["store_id"],)
    )
    assert rows[0][0] == 0


def test_many_pushes_at_once_are_bounded_and_none_is_lost(server, office, till):
    made = journal_of(till, 60)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: till.push(made.request()), range(16)))
    assert {a.status for a in answers} <= {200, 503}
    assert 200 in {a.status for a in answers}
    rows = office.dialect.query(
        "SELECT COUNT(*), MAX(seq) FROM journal WHERE store_id = ?", (till.answer["store_id"],)
    )
    assert tuple(rows[0]) == (62, 62)


def test_small_routes_refuse_large_odd_and_unknown_bodies(till):
    hello = protocol.HelloRequest(
        protocol_versions=(1,),
        workstation_uuid=till.workstation_uuid,
        app_version="",
        till_clock_ms=0,
    )
    good = protocol.encode(hello)
    url = till.url + protocol.ROUTE_HELLO
    for body, status in (
        (b"x" * (protocol.MAX_SMALL_BODY_BYTES + 1), 413),
        (b"", 400),
        (good[:-1] + b',"role":"admin"}', 400),
        (good[:-1] + b',"app_version":"twice"}', 400),
        (b"[]", 400),
    ):
        headers = till.headers("POST", protocol.ROUTE_HELLO, body) | {
            "Content-Type": "application/json"
        }
        assert call("POST", url, body, headers).status == status
    headers = till.headers("POST", protocol.ROUTE_HELLO, good) | {"Content-Type": "text/plain"}
    assert call("POST", url, good, headers).status == 400


def test_the_openapi_document_describes_the_hot_route(server):
    document = call("GET", server.url + "/schema/openapi.json").json
    route = document["paths"]["/sync/v1/journal"]
    assert set(route["post"]["responses"]) >= {"200", "409", "413", "503"}
    names = {p["name"] for p in route["post"]["parameters"]}
    assert {"Guitai-Key", "Guitai-Signature"} <= names
    properties = route["post"]["requestBody"]["content"]["application/json"]["schema"][
        "properties"
    ]
    assert set(properties) == set(protocol.JournalRequest.__struct_fields__)
    assert "/api/v1/daily-sales" in document["paths"]


def test_health_readiness_and_metrics_answer(server):
    assert call("GET", server.url + "/healthz").body == b"ok\n"
    assert call("GET", server.url + "/readyz").body == b"ok\n"
    text = call("GET", server.url + "/metrics").body.decode()
    assert re.search(r"^guitai_entries_acked \d+$", text, re.MULTILINE)


def test_every_answer_carries_the_security_headers(server):
    headers = call("GET", server.url + "/healthz").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_body_that_comes_too_slowly_is_given_up():
    import asyncio

    from sync.head_office.ingest_route import IngestRoute

    route = IngestRoute(cast("Any", None), read_timeout_s=0.05)
    sent = []

    async def receive():
        await asyncio.sleep(5)

    async def send(message):
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
    await route({"method": "POST", "path": "/sync/v1/journal", "headers": headers}, receive, send)
    assert sent[0]["status"] == 408
    assert b"slowly" in sent[1]["body"]
