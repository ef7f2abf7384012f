"""The second signature at another till: a half-signed receipt through a shared folder (RCV-01)."""

from __future__ import annotations

import msgspec
import pytest

from pos.services.goods import draft_files, drafting, receiving, receiving_posting
from pos.store.journal import Identity
from tests.pos.services import shop as support
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.services.goods.test_receiving import begun, item, note, shop, sign, stock

__all__ = ["shop"]


@pytest.fixture
def other(tmp_path_factory):
    home = tmp_path_factory.mktemp("other")
    goods.publish(home)
    identity = Identity(store_id="01", workstation_id="02")
    till = support.open_till(home, identity=identity)
    support.staff(till)
    support.act_as(till, "8001")
    support.begin_day(till)
    yield till
    till.journal.close()


def half_signed(till) -> receiving.Receiving:
    one = begun(till)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    sign(one, "3001")
    return one


def written(till, folder) -> object:
    one = half_signed(till)
    path = folder / draft_files.name_of(till, one.draft)
    draft_files.write_out(till, one.draft, path).result(5)
    return path


def test_it_leaves_the_first_till_and_is_signed_and_posted_at_the_second(shop, other, tmp_path):
    path = written(shop, tmp_path)
    assert drafting.drafts(shop) == []
    assert draft_files.waiting(tmp_path) == [path]
    draft = draft_files.take_in(other, path).result(5)
    assert draft_files.waiting(tmp_path) == []
    one = receiving.Receiving(other, draft)
    assert sign(one, "3001").code == "same_person"
    sign(one, "8001")
    receiving_posting.post(one).saved.result(5)
    assert stock(other) == {goods.COLA: 48_000}
    assert stock(shop) == {}


def test_a_file_that_was_edited_on_its_way_is_refused(shop, other, tmp_path):
    path = written(shop, tmp_path)
    found = msgspec.json.decode(path.read_bytes(), type=draft_files.DraftFile)
    line = msgspec.structs.replace(found.document.lines[0], quantity_milli=1_000)
    edited = msgspec.structs.replace(
        found,
        document=msgspec.structs.replace(found.document, lines=(line, *found.document.lines[1:])),
    )
    for wrong in (edited, msgspec.structs.replace(edited, sha256=draft_files._sum(edited))):
        path.write_bytes(msgspec.json.encode(wrong))
        assert draft_files.take_in(other, path).code == "file_changed"


def test_it_is_taken_once_and_never_after_it_was_posted(shop, other, tmp_path):
    path = written(shop, tmp_path)
    content = path.read_bytes()
    one = receiving.Receiving(other, draft_files.take_in(other, path).result(5))
    assert draft_files.take_in(other, path).code == "not_readable"
    sign(one, "8001")
    receiving_posting.post(one).saved.result(5)
    path.write_bytes(content)
    assert draft_files.take_in(other, path).code == "posted"


def test_what_nobody_signed_does_not_travel(shop, tmp_path):
    one = begun(shop)
    refused = draft_files.write_out(shop, one.draft, tmp_path / "x.draft")
    assert refused.code == "not_signed"
    assert not (tmp_path / "x.draft").exists()


def test_another_shops_receipt_is_not_taken(shop, tmp_path, tmp_path_factory):
    path = written(shop, tmp_path)
    identity = Identity(store_id="02", workstation_id="01")
    till = support.open_till(tmp_path_factory.mktemp("far"), identity=identity)
    assert draft_files.take_in(till, path).code == "other_store"
    till.journal.close()
