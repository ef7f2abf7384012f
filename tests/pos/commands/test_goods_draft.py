"""`pos goods draft`: a half-signed receipt moves from one till of the shop to another (RCV-01)."""

from __future__ import annotations

import shutil

import pytest

from pos.bootstrap import build_till, close_till
from pos.services.goods import documents, drafting, receiving
from pos.services.operators import Credentials
from pos.services.people import as_operator, person
from tests.pos.commands.conftest import MANAGER_PIN, pos
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.services.goods.test_receiving import begun, item, note

MANAGER = "8001"


@pytest.fixture
def two_tills(home, tmp_path):
    goods.publish(home)
    other = tmp_path / "other"
    shutil.copytree(home, other)
    return home, other


def half_signed(home) -> None:
    till = build_till(home)
    till.operator = as_operator(till, person(till, MANAGER))
    one = begun(till)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    signed = documents.sign(till, one.draft, Credentials(person(till, MANAGER)))
    assert isinstance(signed, drafting.StoredDraft), signed
    close_till(till)


def drafts(home) -> list[str]:
    till = build_till(home)
    try:
        return [one.document.reference_no for one in receiving.drafts(till)]
    finally:
        close_till(till)


def test_a_draft_is_listed_exported_and_taken_over(two_tills, tmp_path):
    home, other = two_tills
    half_signed(home)
    listed = pos("goods", "draft", "list", "--json", home=home)
    assert [one["note"] for one in listed.json] == ["SH-1"]
    file = tmp_path / "receipt.draft"
    out = pos(
        "goods", "draft", "export", file, "--by", MANAGER, home=home, stdin=f"{MANAGER_PIN}\n"
    )
    assert out.code == 0, out.err
    assert drafts(home) == []
    taken = pos(
        "goods", "draft", "import", file, "--by", MANAGER, home=other, stdin=f"{MANAGER_PIN}\n"
    )
    assert taken.code == 0, taken.err
    assert drafts(other) == ["SH-1"]


def test_without_a_half_signed_draft_there_is_nothing_to_export(two_tills, tmp_path):
    home, _other = two_tills
    out = pos(
        "goods", "draft", "export", tmp_path / "x", "--by", MANAGER, home=home,
        stdin=f"{MANAGER_PIN}\n",
    )  # fmt: skip
    assert out.code != 0
    assert "found 0" in out.err
