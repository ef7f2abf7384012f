"""Goods documents as tills post them, signed by two people, for head office's tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine, GoodsPart, Signature
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.goods.signing import digest
from pos.domain.journal import EntryKind
from tests.sync.head_office.office_kit import JournalingTill

INSPECTOR, CHECKER = "3001", "1001"


def goods_line(number: int, code: str, pieces: int = 1, **more: Any) -> GoodsLine:
    """A line of whole pieces; `quantity_milli` overrides them."""
    values: dict[str, Any] = {"quantity_milli": pieces * 1000, "description": f"goods {code}"}
    return GoodsLine(line_no=number, item_code=code, **(values | more))


def signed(document: GoodsDocument, people: Sequence[str] = (INSPECTOR, CHECKER)) -> GoodsDocument:
    """The document with a signature of each person over all its lines, in slots 1 and 2."""
    numbers = tuple(sorted({line.line_no for line in document.lines}))
    signatures = tuple(
        Signature(
            slot=slot,
            operator_id=operator_id,
            name=f"name {operator_id}",
            lines=numbers,
            sha256=digest(document, numbers),
        )
        for slot, operator_id in enumerate(people, start=1)
    )
    return msgspec.structs.replace(document, signatures=signatures)


def document(
    uuid: str,
    lines: Sequence[GoodsLine],
    *,
    kind: DocumentKind = DocumentKind.RECEIPT,
    people: Sequence[str] = (INSPECTOR, CHECKER),
    **more: Any,
) -> GoodsDocument:
    """A posted document; its number follows from its uuid."""
    values: dict[str, Any] = {"document_no": f"NO-{uuid}"} | more
    made = GoodsDocument(document_uuid=uuid, document_kind=kind, lines=tuple(lines), **values)
    return signed(made, people)


def post(till: JournalingTill, made: GoodsDocument, **more: Any) -> str:
    """Journal a document."""
    return till.append(EntryKind.GOODS_DOCUMENT, made, **more)


def post_in_parts(till: JournalingTill, made: GoodsDocument, *, per_part: int = 2) -> str:
    """Journal a document whose first lines went before it in parts (R4)."""
    cuts = [made.lines[i : i + per_part] for i in range(0, len(made.lines), per_part)]
    uuids = tuple(
        till.append(
            EntryKind.GOODS_PART,
            GoodsPart(document_uuid=made.document_uuid, part=number, lines=tuple(lines)),
        )
        for number, lines in enumerate(cuts[:-1], start=1)
    )
    return post(till, msgspec.structs.replace(made, lines=tuple(cuts[-1]), parts=uuids))


def note(till: JournalingTill, register: Register, subject: str, action: str, **more: Any) -> str:
    """Journal a line of a register."""
    body = RegisterNoted(register=register, subject=subject, action=action, **more)
    return till.append(EntryKind.REGISTER_NOTED, body)
