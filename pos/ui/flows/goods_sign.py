"""Two signatures by two people: id and PIN over what the draft says now (RCV-01, RCV-02)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pos.domain.goods.documents import DocumentKind
from pos.i18n import N_
from pos.services.goods.documents import next_slot
from pos.services.goods.drafting import StoredDraft
from pos.ui.flow import Ask

if TYPE_CHECKING:
    from pos.ui.app import TillApp

KINDS: Final[dict[DocumentKind, str]] = {
    DocumentKind.RECEIPT: N_("Goods receipt"),
    DocumentKind.SUPPLIER_RETURN: N_("Return to supplier"),
    DocumentKind.SCRAP: N_("Write-off"),
    DocumentKind.TRANSFER_OUT: N_("Transfer out"),
    DocumentKind.TRANSFER_IN: N_("Transfer in"),
    DocumentKind.LOAN_OUT: N_("Goods lent"),
    DocumentKind.LOAN_RETURN: N_("Loan brought back"),
    DocumentKind.DISPATCH_HOLD: N_("Delivery to a customer"),
    DocumentKind.DISPATCH_DONE: N_("Delivery done"),
    DocumentKind.TO_JUDGE: N_("Set apart to be judged"),
    DocumentKind.JUDGED: N_("Judged: back into stock"),
    DocumentKind.JUDGED_OUT: N_("Judged: leaves the shop"),
    DocumentKind.OPENING: N_("Opening count"),
    DocumentKind.ADJUSTMENT: N_("Stock adjustment"),
    DocumentKind.DISCREPANCY: N_("Discrepancy"),
    DocumentKind.REQUISITION: N_("Order to head office"),
}
"""Kind of document → its name on the screen."""


async def sign(
    app: TillApp, draft: StoredDraft, *, lines: Sequence[str] = ()
) -> StoredDraft | None:
    """Ask for the signature that is missing; the draft with it, or None when it was given up.

    `lines` say what is signed for. The PIN is checked off the loop; a wrong one can be tried again.
    """
    from pos.ui.screens.goods_sign import SignScreen

    if next_slot(draft.document) == 0:
        return draft
    return await Ask(SignScreen(app.till, draft, lines=lines))
