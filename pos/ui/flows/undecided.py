"""待核: payments of closed sales are decided one by one, by who has the right (rule 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.tender import Tender, TenderState
from pos.i18n import gettext as _
from pos.services import undecided
from pos.services.undecided import TenderSettled
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.screens.tender_decision import TenderDecisionScreen
from pos.ui.screens.tender_rows import state_words
from pos.ui.screens.undecided import UndecidedScreen, sold_at
from pos.ui.text_grid import clean
from pos.ui.texts import amount_text

if TYPE_CHECKING:
    from pos.services.undecided import UndecidedTender
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def verify(app: TillApp, sale: SaleScreen) -> None:
    """The list again after each decision, until nothing waits or it is left."""
    kinds = {one.id: one.to_domain() for one in app.till.settings.payment.tenders}
    while True:
        waiting = undecided.undecided_tenders(app.till)
        chosen = await Ask(UndecidedScreen(waiting, kinds))
        if chosen is None or not await _settled(app, sale, chosen):
            return
        if not undecided.undecided_tenders(app.till):
            return


async def _settled(app: TillApp, sale: SaleScreen, chosen: UndecidedTender) -> bool:
    """Decide one payment; False when something was refused, which the sale screen then says."""
    till = app.till
    setting = next((t for t in till.settings.payment.tenders if t.id == chosen.tender_type), None)
    kind = setting.to_domain() if setting is not None else None
    told = [f"{sold_at(chosen)} {chosen.transaction_no} {chosen.operator_id}".rstrip()]
    if chosen.reference:
        told.append(_("Trade number noted: {reference}").format(reference=chosen.reference))
    decision = await Ask(
        TenderDecisionScreen(
            Tender(
                tender_no=chosen.tender_no,
                tender_type=chosen.tender_type,
                amount_minor=chosen.amount_minor,
            ),
            kind,
            setting.reference_digits if setting is not None else 0,
            closed_sale=told,
        )
    )
    if decision is None:
        return True
    result = await approved(
        app,
        lambda grant: undecided.settle_tender(
            till,
            chosen.transaction_no,
            chosen.tender_no,
            decision.state,
            decision.reference,
            grant,
        ),
        f"{state_words(decision.state)} {amount_text(chosen.amount_minor)}",
    )
    if result is None:
        return True
    if not isinstance(result, TenderSettled):
        sale.show_result(result)
        return False
    try:
        await Saved(result.saved)
    except Exception as error:  # noqa: BLE001 - whatever the disk said, the cashier is told
        text = getattr(error, "text", None)  # the store's own errors speak the reader's language
        unsaid = _("Not written to disk: {why}").format(why=error)
        sale.error(clean(text(_) if callable(text) else unsaid))
        return False
    arrived = decision.state is TenderState.RECEIVED
    words = (
        _("{number}: {amount} noted as received")
        if arrived
        else _("{number}: {amount} noted as never received; head office is told")
    )
    sale.note(
        words.format(
            number=chosen.transaction_no,
            amount=amount_text(chosen.amount_minor),
        )
    )
    return True
