"""The page of the sales audit: who waived what and why, in words, to signed-in people only."""

from pos.domain.goods.count_reasons import REASON_WORDS
from sync.head_office import completeness, findings
from sync.head_office.dashboard import finding_texts
from tests.sync.head_office.demo_chain import HOSTILE_NAME, Chain
from tests.sync.head_office.pages_kit import Pages


def test_a_waived_day_stands_in_the_audit_with_name_and_reason(tmp_path):
    chain = Chain(tmp_path / "hq", sales_a_day=1, days=1)
    completeness.declare(
        chain.hq.office,
        store_id="005",
        business_day=chain.last_day,
        workstation_id="1",
        kind=completeness.WAIVED,
        by="Zhang",
        reason=f"power cut {HOSTILE_NAME}",
    )
    with Pages(tmp_path / "hq") as pages:
        with pages.client() as stranger:
            assert stranger.get("/audit").status_code == 303
        with pages.signed_in() as client:
            page = client.get("/audit?store=005").text
            other = client.get("/audit?store=004").text
    chain.close()

    assert "Waived by finance" in page
    assert "Zhang: power cut" in page
    assert HOSTILE_NAME not in page
    assert "Zhang" not in other


def test_a_detail_is_read_in_the_reader_s_language_and_an_unknown_one_stays_as_written():
    words = {
        "shift %(shift)s was asked and not counted": "第 %(shift)s 班没有盘",
        "%(state)s for %(days)s days": "%(state)s已 %(days)s 天",
    }

    def say(text: str) -> str:
        return words.get(text, text)

    assert finding_texts.detail("shift 2 was asked and not counted", say) == "第 2 班没有盘"
    assert finding_texts.detail("6 pieces, 5 are allowed", say) == "6 pieces, 5 are allowed"
    assert finding_texts.detail("open for 9 days", say).endswith("已 9 天")
    assert finding_texts.detail("PO-1 lines 1, 3", say) == "PO-1, lines 1, 3"
    for free in ("Zhang: power cut", "100 % for sure", "烟: -2 sold under another code", ""):
        assert finding_texts.detail(free, say) == free


def test_the_place_in_the_row_of_tools_is_marked_and_no_other(tmp_path):
    chain = Chain(tmp_path / "hq", sales_a_day=1, days=1)
    findings.note(
        chain.hq.office.dialect,
        store_id="001",
        code="tag_violation",
        subject="2026-11",
        workstation_id="",
        detail="6 pieces, 5 are allowed",
        found_utc_ms=1,
    )
    with Pages(tmp_path / "hq") as pages, pages.signed_in() as client:
        audit = client.get("/audit").text
        board = client.get("/").text
    chain.close()

    assert '<a href="/audit" aria-current="page">' in audit
    assert "6 pieces, 5 are allowed" in audit
    assert '<a href="/audit">' in board
    assert audit.count('aria-current="page"') == board.count('aria-current="page"') == 1


def test_a_count_s_history_and_a_person_s_changes_name_reasons_and_roles():
    def say(text: str) -> str:
        return f"<{text}>"

    reason = next(iter(REASON_WORDS))
    told = finding_texts.count_note(f"2 lines: {reason.value} by hand", str)
    assert told == f"2 lines: {REASON_WORDS[reason]} by hand"
    assert finding_texts.count_note("2 lines, till 1", str) == "2 lines, till 1"
    assert finding_texts.count_note("2 lines, till 1", lambda _text: "%(lines)s/%(till)s") == "2/1"
    assert finding_texts.count_note("written by hand", say) == "written by hand"
    role = finding_texts.change("role_changed", "finance > quality", str)
    assert "→" in role
    assert "finance" not in role
    assert finding_texts.change("name_changed", "a > b", say) == "a > b"
    assert finding_texts.change("language_changed", "- > zh_CN", say) == "- → 中文"
