"""Half-signed receipts between the tills of a shop: a file in a folder that they share (RCV-01).

The draft moves: the till that writes it out forgets it, so that it is posted once, and whoever
reads it in may give the second signature. Every signature in it still covers its lines, so a file
that was damaged or edited on its way is refused. It proves no more than that: somebody who could
write both draft and signature by hand is not kept out by this file, but by head office's audit and
the people who sign.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future
from pathlib import Path

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods import signing
from pos.domain.goods.documents import GoodsDocument
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.services.goods.drafting import HALF_SIGNED, StoredDraft
from pos.store import goods_drafts, goods_ledgers
from pos.store.journal import WriteTransaction

SUFFIX = ".draft"
_FORMAT = 1


class DraftFile(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds."""

    format: int
    store_id: str
    workstation_id: str
    written_utc_ms: int
    document: GoodsDocument
    working: bytes
    sha256: str = ""
    """Over everything else."""


def folder_of(till: Till) -> Path | None:
    """The folder that the shop's tills share, or None."""
    name = till.settings.receiving.exchange_folder
    return Path(name).expanduser() if name else None


def write_out(till: Till, draft: StoredDraft, path: Path) -> Future[None] | Refusal:
    """Write a half-signed draft to `path` and forget it here, once the file is on the medium."""
    if draft.state != HALF_SIGNED:
        return Refusal("not_signed", N_("sign first; the second signature comes elsewhere"))
    identity = till.journal.identity
    bare = DraftFile(
        format=_FORMAT,
        store_id=identity.store_id,
        workstation_id=identity.workstation_id,
        written_utc_ms=till.clock.utc_ms(),
        document=draft.document,
        working=draft.working,
    )
    whole = msgspec.structs.replace(bare, sha256=_sum(bare))
    try:
        _write(path, msgspec.json.encode(whole))
    except OSError as error:
        return Refusal("not_written", N_("the file could not be written"), {"why": str(error)})
    note = _moved(draft.document, "moved_out", path.name)
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        goods_drafts.drop_draft(txn.connection, draft.draft_uuid)

    return till.write(job)


def waiting(folder: Path) -> list[Path]:
    """Drafts that lie in the folder, oldest first."""
    try:
        return sorted(folder.glob(f"*{SUFFIX}"))
    except OSError:
        return []


def read(till: Till, path: Path) -> DraftFile | Refusal:
    """What a file holds, or why it cannot be taken."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=DraftFile)
    except (OSError, msgspec.DecodeError) as error:
        return Refusal("not_readable", N_("the file cannot be read"), {"why": str(error)})
    if found.sha256 != _sum(found) or any(
        not signing.holds(found.document, signature) for signature in found.document.signatures
    ):
        return Refusal("file_changed", N_("the file was damaged or changed on its way"))
    if found.store_id != till.journal.identity.store_id:
        return Refusal("other_store", N_("this receipt is another shop's"))
    posted = goods_ledgers.number_of(till.journal.reader(), found.document.document_uuid)
    if posted:
        return Refusal("posted", N_("this receipt is posted already"), {"number": posted})
    return found


def take_in(till: Till, path: Path) -> Future[StoredDraft] | Refusal:
    """Make the file's draft this till's own and take the file away, so that it is taken once."""
    found = read(till, path)
    if isinstance(found, Refusal):
        return found
    claimed = path.with_suffix(".taken")
    try:
        path.replace(claimed)
    except OSError as error:
        return Refusal("not_readable", N_("the file cannot be read"), {"why": str(error)})
    document = found.document
    draft = StoredDraft(
        draft_uuid=document.document_uuid,
        document_kind=document.document_kind.value,
        state=HALF_SIGNED,
        operator_id=till.operator_id,
        updated_utc_ms=till.clock.utc_ms(),
        document=document,
        working=found.working,
    )
    note = _moved(document, "moved_in", path.name)
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> StoredDraft:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        goods_drafts.put_whole(txn.connection, draft)
        return draft

    return till.write(job)


def name_of(till: Till, draft: StoredDraft) -> str:
    """A name for the file that says from which till it is."""
    identity = till.journal.identity
    return f"receipt-{identity.workstation_id}-{draft.draft_uuid[-12:]}{SUFFIX}"


def _moved(document: GoodsDocument, action: str, name: str) -> RegisterNoted:
    return RegisterNoted(
        register=Register.SIGNATURE_CLEARED,
        subject=document.document_uuid,
        action=action,
        person_id=document.signatures[0].operator_id if document.signatures else "",
        fields={"kind": document.document_kind.value, "file": name},
    )


def _sum(found: DraftFile) -> str:
    bare = msgspec.structs.replace(found, sha256="")
    return hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
