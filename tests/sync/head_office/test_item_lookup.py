"""What is typed for an item at head office: code, barcode, 助记码; long lists too."""

from __future__ import annotations

import pytest

from sync.head_office.feed import Feed, FeedChanges
from sync.head_office.item_lookup import MAX_OFFERED, look_up
from sync.protocol import FeedItem


@pytest.fixture
def dialect(hq):
    feed = Feed(hq.office)
    feed.publish(
        FeedChanges(
            items=tuple(
                FeedItem(item_code=f"I{n:03d}", name=f"货品 {n:03d}", mnemonic=f"HP{n:03d}")
                for n in range(60)
            )
        ),
        by="test",
    )
    return hq.office.dialect


def test_every_line_of_a_long_list_is_found_by_its_mnemonic_or_name(dialect):
    typed = [f"hp{n:03d}" for n in range(40)] + [f"货品 {n:03d}" for n in range(40, 60)]
    assert len(typed) > MAX_OFFERED
    found = look_up(dialect, typed)
    assert [one.item.item_code for one in found.values() if one.item] == [
        f"I{n:03d}" for n in range(60)
    ]


def test_what_only_begins_so_is_offered_for_the_first_texts_of_a_list(dialect):
    (one,) = look_up(dialect, ["HP00"]).values()
    assert (one.item, len(one.candidates)) == (None, 6)
    texts = [f"nobody-{n}" for n in range(MAX_OFFERED - 1)] + ["HP01", "HP02"]
    found = look_up(dialect, texts)
    assert len(found["HP01"].candidates) == 6
    assert found["HP02"].candidates == ()
    assert all(found[text].item is None for text in texts)
