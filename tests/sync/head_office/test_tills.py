"""The page of tills: what head office knows of each, its last device test included."""

import msgspec
import pytest

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import DevicePart, DevicesTested
from sync.head_office import tills
from sync.head_office.dialect import SqliteDialect
from sync.protocol import HeartbeatRequest
from tests.sync.head_office.demo_chain import Chain
from tests.sync.head_office.office_kit import NOW_MS, JournalingTill
from tests.sync.head_office.pages_kit import Pages

FIRST = DevicesTested(parts=(DevicePart(part="printer", verdict="fault", code="looks_wrong"),))
LAST = DevicesTested(
    parts=(
        DevicePart(part="printer", verdict="ok"),
        DevicePart(part="scanner", verdict="care", code="no_qr"),
        DevicePart(part="scale", verdict="absent"),
    )
)


def send_both_tests(hq, till):
    till.open()
    till.append(EntryKind.DEVICES_TESTED, FIRST)
    till.append(EntryKind.DEVICES_TESTED, LAST)
    hq.take(till)


def heard(hq, *, clock_ms, received_ms, status):
    told = HeartbeatRequest(
        protocol=1, workstation_uuid="uuid-1", epoch="epoch-1", max_seq=3, acked_seq=3,
        app_version="0.1.0", till_clock_ms=clock_ms, status=status,
    )  # fmt: skip
    hq.office.dialect.execute(
        "INSERT INTO heartbeat (store_id, workstation_no, received_utc_ms, epoch, max_seq, "
        "acked_seq, unsent, oldest_unsent_ms, business_day, day_state, catalogue_version, body) "
        "VALUES ('01', 1, ?, 'epoch-1', 3, 3, 7, NULL, '', '', 0, ?)",
        (received_ms, msgspec.json.encode(told).decode()),
    )


def test_a_till_s_last_device_test_is_told_part_by_part(hq):
    send_both_tests(hq, JournalingTill())

    (found,) = tills.till_states(hq.office)

    assert found.parts == LAST.parts
    assert found.tested_utc_ms == NOW_MS + 3000


def test_a_till_that_never_tested_or_spoke_says_so(hq):
    till = JournalingTill()
    till.open()
    hq.take(till)

    (found,) = tills.till_states(hq.office)

    assert (found.parts, found.tested_utc_ms) == ((), 0)
    assert (found.clock_offset_ms, found.disk_free_mb, found.unsent) == (None, None, None)


@pytest.mark.parametrize(("disk", "expected"), [("512", 512), ("much", None), ("-1", None)])
def test_clock_and_disk_come_from_the_last_heartbeat(hq, disk, expected):
    send_both_tests(hq, JournalingTill())
    heard(hq, clock_ms=NOW_MS + 90_000, received_ms=NOW_MS, status={"disk_free_mb": disk})

    (found,) = tills.till_states(hq.office)

    assert (found.clock_offset_ms, found.disk_free_mb, found.unsent) == (90_000, expected, 7)


def test_the_last_test_is_found_by_its_index(hq):
    send_both_tests(hq, JournalingTill())
    if not isinstance(hq.office.dialect, SqliteDialect):
        pytest.skip("SQLite's plan; a small PostgreSQL table is scanned either way")

    plan = hq.office.dialect.query(
        "EXPLAIN QUERY PLAN SELECT at_utc_ms, bytes FROM journal WHERE kind = 'devices_tested' "
        "AND store_id = ? AND workstation_no = ? ORDER BY at_utc_ms DESC LIMIT 1",
        ("01", 1),
    )

    assert "journal_device_test" in str(plan)


def test_the_page_names_the_till_its_devices_and_what_ails_them(tmp_path):
    chain = Chain(tmp_path / "hq", sales_a_day=1, days=1)
    till = chain.tills["004-1"]
    till.append(EntryKind.DEVICES_TESTED, LAST)
    chain.push(till)
    with Pages(tmp_path / "hq") as pages:
        with pages.client() as stranger:
            assert stranger.get("/tills").status_code == 303
        with pages.signed_in() as client:
            page = client.get("/tills").text
    chain.close()

    row = page.partition('data-till="004/1"')[2].partition("</tr>")[0]
    assert "✓ Printer" in row
    assert "! Scanner" in row
    assert "reads no QR codes" in row
    assert "Scale" not in row
    other = page.partition('data-till="005/1"')[2].partition("</tr>")[0]
    assert "not tested yet" in other
