"""Two people, two signatures: what a signature covers, and whether a document is validly signed.

Pure and shared: the till posts nothing that is not valid here, and head office books nothing that
is not (RCV-01..03). A signature holds for the header and each line it names only as long as they
read as they did; an edit of a line leaves the signatures of all other lines standing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from pos.domain.canonical import encode_canonical
from pos.domain.goods.documents import (
    SIGNED_BY_TWO,
    SIGNED_QUANTITIES,
    GoodsDocument,
    GoodsLine,
    Signature,
)

SLOTS = (1, 2)
_NOBODY: frozenset[str] = frozenset()


def line_sha256(line: GoodsLine) -> str:
    """Hash of one line's contents, in hex."""
    return hashlib.sha256(encode_canonical(line)).hexdigest()


def header_sha256(document: GoodsDocument) -> str:
    """Hash of everything but lines, signatures and what posting adds, in hex."""
    bare = msgspec.structs.replace(
        document, lines=(), signatures=(), parts=(), review=(), document_no=""
    )
    return hashlib.sha256(encode_canonical(bare)).hexdigest()


def digest(document: GoodsDocument, line_numbers: Iterable[int]) -> str:
    """What a signature signs: SHA-256 over the header's hash and those lines' hashes, in hex."""
    by_number = {line.line_no: line for line in document.lines}
    whole = hashlib.sha256(header_sha256(document).encode())
    for number in sorted(line_numbers):
        line = by_number.get(number)
        whole.update(f"\n{number} {line_sha256(line) if line else 'missing'}".encode())
    return whole.hexdigest()


def holds(document: GoodsDocument, signature: Signature) -> bool:
    """Whether a signature's contents still read as they were signed."""
    return bool(signature.lines) and digest(document, signature.lines) == signature.sha256


def unsigned_lines(document: GoodsDocument, slot: int) -> tuple[int, ...]:
    """Numbers of the lines that nobody has signed in `slot`, ascending."""
    return _unsigned(document, _standing(document), slot)


def signature_problems(document: GoodsDocument) -> tuple[str, ...]:
    """Why a document is not validly signed, as codes; empty when it is (RCV-01..03).

    `no_lines`, `single_signature` (a line lacks one of the two), `same_person` (both are one
    person's), `signature_mismatch` (a signature's contents differ from what was signed).
    """
    if document.document_kind not in SIGNED_BY_TWO:
        return ()
    found: list[str] = []
    standing = _standing(document)  # once: a long document's hash costs as much as its lines
    if not document.lines:
        found.append("no_lines")
    if len(standing) < len(document.signatures):
        found.append("signature_mismatch")
    if any(_unsigned(document, standing, slot) for slot in SLOTS):
        found.append("single_signature")
    first, second = (_signers(standing, slot) for slot in SLOTS)
    if any(first.get(n, _NOBODY) & second.get(n, _NOBODY) for n in _numbers(document)):
        found.append("same_person")
    return tuple(found)


def line_problems(document: GoodsDocument) -> tuple[str, ...]:
    """What is wrong with a document's lines whoever signed them, as codes.

    `negative_quantity`, `double_line` (a number given twice), `unit_count` (not one code per
    unit), `over_accepted` (more accepted than received less rejected).
    """
    found: list[str] = []
    numbers = [line.line_no for line in document.lines]
    if len(set(numbers)) != len(numbers):
        found.append("double_line")
    for line in document.lines:
        if line.quantity_milli < 0 and document.document_kind not in SIGNED_QUANTITIES:
            found.append("negative_quantity")
        if line.unit_codes and (
            len(set(line.unit_codes)) != len(line.unit_codes)
            or len(line.unit_codes) * 1000 != abs(line.quantity_milli)
        ):
            found.append("unit_count")
        if line.received_milli and line.quantity_milli > line.received_milli - line.rejected_milli:
            found.append("over_accepted")
    return tuple(dict.fromkeys(found))


def changed_lines(before: Sequence[GoodsLine], after: Sequence[GoodsLine]) -> tuple[int, ...]:
    """Numbers of lines that were added, taken away or read differently."""
    old = {line.line_no: line_sha256(line) for line in before}
    new = {line.line_no: line_sha256(line) for line in after}
    return tuple(sorted(n for n in old.keys() | new.keys() if old.get(n) != new.get(n)))


def _standing(document: GoodsDocument) -> tuple[Signature, ...]:
    """Signatures whose contents still read as they were signed."""
    return tuple(one for one in document.signatures if holds(document, one))


def _numbers(document: GoodsDocument) -> set[int]:
    return {line.line_no for line in document.lines}


def _unsigned(
    document: GoodsDocument, standing: Iterable[Signature], slot: int
) -> tuple[int, ...]:
    signed = {number for one in standing if one.slot == slot for number in one.lines}
    return tuple(sorted(_numbers(document) - signed))


def _signers(standing: Iterable[Signature], slot: int) -> dict[int, set[str]]:
    """Line number → who signed it in a slot."""
    found: dict[int, set[str]] = {}
    for one in standing:
        if one.slot == slot:
            for number in one.lines:
                found.setdefault(number, set()).add(one.operator_id)
    return found
