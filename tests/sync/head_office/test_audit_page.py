"""The page of the sales audit: who waived what and why, in words, to signed-in people only."""

from sync.head_office import completeness
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
