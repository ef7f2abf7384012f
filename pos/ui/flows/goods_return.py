"""退货 to a supplier or to the goods department, from stock or of goods rejected (RET-03, RET-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.i18n import gettext as _
from pos.services.goods import leaving, proposed_to_leave
from pos.services.goods.drafting import StoredDraft
from pos.ui.flow import Ask
from pos.ui.flows.goods_leaving import ask_reason, ask_text, draft_choices, work
from pos.ui.screens.choose import Choice
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

_KIND = DocumentKind.SUPPLIER_RETURN


async def goods_return(app: TillApp, home: Home) -> None:
    """New, of a receipt's rejected goods, to the goods department, or a draft."""
    while True:
        choices: list[Choice[object]] = [
            Choice(1, _("From stock to a supplier"), "supplier"),
            Choice(2, _("Goods rejected at receiving"), "rejected"),
            Choice(3, _("Back to the goods department"), "department"),
            *draft_choices(app, 4, _KIND),
        ]
        chosen = await Ask(WideChooseScreen(_("Send goods back"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        draft: StoredDraft | Refusal | None
        if isinstance(chosen, StoredDraft):
            draft = chosen
        elif chosen == "rejected":
            draft = await _rejected(app)
        elif chosen == "department":
            draft = await _new(app, "", _("Goods department"), source=leaving.GOODS_DEPARTMENT)
        else:
            draft = await _to_supplier(app)
        if isinstance(draft, Refusal):
            home.error(refusal_text(draft))
            return
        if draft is not None and await work(app, home, draft) is not None:
            return


async def _to_supplier(app: TillApp) -> StoredDraft | Refusal | None:
    known = proposed_to_leave.suppliers(app.till)
    choices = [
        Choice(number, clean(one.name), one.supplier_id, detail=clean(one.supplier_id))
        for number, one in enumerate(known, start=1)
    ]
    choices.append(Choice(len(choices) + 1, _("Another: type its name"), ""))
    supplier_id = await Ask(WideChooseScreen(_("Who takes the goods back?"), choices))
    if supplier_id is None:
        return None
    if supplier_id:
        name = next(one.name for one in known if one.supplier_id == supplier_id)
        return await _new(app, supplier_id, name, source=leaving.SUPPLIER)
    typed = await ask_text(_("Who takes the goods back?"), _("Name"), optional=False)
    return await _new(app, "", typed, source=leaving.SUPPLIER) if typed else None


async def _new(
    app: TillApp, partner_id: str, partner_name: str, *, source: str
) -> StoredDraft | Refusal | None:
    reason = await ask_reason(app, _KIND)
    if reason is None:
        return None
    driver = await ask_text(_("Send goods back"), _("Driver (may be empty)"))
    if driver is None:
        return None
    receipt = await ask_text(_("Send goods back"), _("Receipt they came with (may be empty)"))
    if receipt is None:
        return None
    return leaving.begin(
        app.till,
        _KIND,
        partner_id=partner_id,
        partner_name=partner_name,
        source=source,
        reason=reason,
        driver=driver,
        reference=receipt,
    )


async def _rejected(app: TillApp) -> StoredDraft | Refusal | None:
    waiting = proposed_to_leave.with_rejected(app.till)
    choices = [
        Choice(
            index,
            clean(f"{one.document_no}  {one.counterparty_name}"),
            one.document_no,
            detail=quantity_text(sum(line.rejected_milli for line in one.lines)),
        )
        for index, one in enumerate(waiting, start=1)
    ]
    choices.append(Choice(len(choices) + 1, _("Another: type the receipt's number"), ""))
    number = await Ask(WideChooseScreen(_("Goods rejected at receiving"), choices))
    if number == "":
        number = await ask_text(
            _("Goods rejected at receiving"), _("Number of the receipt (YS…)"), optional=False
        )
    if not number:
        return None
    found = proposed_to_leave.rejected_of(app.till, number)
    if isinstance(found, Refusal):
        return found
    receipt, lines = found
    driver = await ask_text(_("Send goods back"), _("Driver (may be empty)"))
    if driver is None:
        return None
    return leaving.begin(
        app.till,
        _KIND,
        partner_id=receipt.counterparty_id,
        partner_name=receipt.counterparty_name or _("Supplier"),
        reference=receipt.document_no,
        source=leaving.REJECTED,
        reason="quality",
        driver=driver,
        lines=lines,
    )
