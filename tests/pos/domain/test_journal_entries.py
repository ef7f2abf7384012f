"""Entries: canonical bytes, the chain, and reading back what another version wrote (R3, R4)."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.canonical import refuse_floats
from pos.domain.journal import (
    BODY_TYPES,
    GENESIS_HASH,
    MAX_ENTRY_BYTES,
    CanonicalError,
    Entry,
    EntryKind,
    EntryTooLargeError,
    Envelope,
    Unreadable,
    chain_hash,
    decode_entry,
    encode_body,
    encode_canonical,
    encode_entry,
    first_break,
    uuid7,
)
from pos.domain.journal.bodies import Note

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def envelope(body: Any, kind: str = "note", **more: Any) -> Envelope:
    fields: dict[str, Any] = {
        "schema": 1,
        "kind": kind,
        "store_id": "01",
        "workstation_id": "01",
        "workstation_uuid": "w",
        "epoch": "e",
        "seq": 1,
        "entry_uuid": "u",
        "business_day": "2026-11-21",
        "at_utc_ms": 1,
        "utc_offset_minutes": 480,
        "monotonic_ms": 1,
        "operator_id": "01",
        "currency": "CNY",
        "app_version": "0",
        "body": encode_body(body),
    }
    return Envelope(**{**fields, **more})


@given(values)
def test_canonical_bytes_are_nfc_sorted_and_equal_for_equal_values(value: Any) -> None:
    encoded = encode_canonical(value)
    text = encoded.decode()

    assert encode_canonical(msgspec.json.decode(encoded)) == encoded
    assert json.loads(text) == msgspec.json.decode(encoded)


def test_decomposed_text_becomes_composed_also_after_an_escape() -> None:
    encoded = encode_canonical({"name": "cafe\u0301", "line": "a\n\u0301b"})

    assert "café".encode() in encoded
    assert json.loads(encoded)["line"] == "a\n\u0301b"


def test_keys_are_sorted_and_nothing_is_padded() -> None:
    assert encode_canonical({"b": 1, "a": [1, "x"]}) == b'{"a":[1,"x"],"b":1}'


@pytest.mark.parametrize("bad", ["\ud800", {"x": "\udfff"}])
def test_lone_surrogates_are_refused(bad: Any) -> None:
    with pytest.raises(CanonicalError):
        encode_canonical(bad)


@pytest.mark.parametrize("bad", [1.5, {"a": [0.0]}])
def test_floats_are_refused(bad: Any) -> None:
    with pytest.raises(CanonicalError, match="integers only"):
        refuse_floats(bad)


@given(texts, texts)
def test_text_around_a_body_is_nfc_too(text: str, label: str) -> None:
    encoded = encode_entry(envelope(Note(text=text), operator_id=label, app_version='"body":x'))

    assert unicodedata.is_normalized("NFC", encoded.decode())
    assert encoded == encode_canonical(msgspec.json.decode(encoded))


@given(texts)
def test_an_entry_reads_back_as_it_was_written(text: str) -> None:
    entry = decode_entry(encode_entry(envelope(Note(text=text))))

    assert isinstance(entry, Entry)
    assert entry.body.text == unicodedata.normalize("NFC", text)
    assert entry.unknown == ()


def test_a_newer_tills_fields_are_kept_and_flagged() -> None:
    entry = decode_entry(encode_entry(envelope({"text": "x", "later": 1}, schema=2)))

    assert isinstance(entry, Entry)
    assert entry.unknown == ("unknown_fields", "newer_schema")
    assert entry.body == Note(text="x")


def test_an_unknown_kind_is_kept_as_it_came() -> None:
    entry = decode_entry(encode_entry(envelope({"x": [1]}, kind="hologram")))

    assert isinstance(entry, Entry)
    assert entry.body == {"x": [1]}
    assert entry.unknown == ("unknown_kind",)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_entry_are_a_value_never_an_exception(data: bytes) -> None:
    assert isinstance(decode_entry(data), Unreadable)


def test_an_entry_over_the_limit_is_refused_before_it_is_written() -> None:
    with pytest.raises(EntryTooLargeError, match=str(MAX_ENTRY_BYTES)):
        encode_entry(envelope(Note(text="x" * MAX_ENTRY_BYTES)))


def test_every_kind_has_a_body() -> None:
    assert set(BODY_TYPES) == set(EntryKind)


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=20), st.data())
def test_the_chain_finds_the_first_changed_entry(entries: list[bytes], data: Any) -> None:
    head, rows = GENESIS_HASH, []
    for seq, entry in enumerate(entries, start=1):
        head = chain_hash(head, entry)
        rows.append((seq, entry, head))
    assert first_break(GENESIS_HASH, rows) is None
    at = data.draw(st.integers(0, len(rows) - 1))
    seq, entry, digest = rows[at]
    rows[at] = (seq, entry + b"!", digest)

    assert first_break(GENESIS_HASH, rows) == seq


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_orders_by_time_and_has_its_version(ms: int, random: bytes) -> None:
    uuid = uuid7(ms, random)

    assert int(uuid.replace("-", "")[:12], 16) == ms
    assert uuid[14] == "7"
    assert uuid[19] in "89ab"
