"""The member: by a typed or scanned number, seen masked from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.member import masked_member
from pos.i18n import gettext as _
from pos.services import members
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.screens.member import MemberScreen
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def member(app: TillApp, sale: SaleScreen) -> None:
    """Note who is buying; an empty number takes the member off again."""
    now = app.till.sale.member_id
    lines = [_("Now: {number}").format(number=masked_member(now))] if now else []
    answer = await Ask(
        MemberScreen(
            _("Member"),
            parsing.words,
            label=_("Card or telephone (empty: nobody)"),
            lines=lines,
            letters=True,
            empty="",
            scan_policy=ScanPolicy.TAKE,
        )
    )
    if answer is None:
        return
    if isinstance(answer, ScanEvent):
        code = answer.data.decode("ascii", "replace")
        result = members.set_member(app.till, code, answer.symbology_id, scanned=True)
    else:
        result = members.set_member(app.till, answer)
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
        return
    sale.refresh_sale()
    sale.note(_("Member {number}").format(number=result.shown) if result.shown else _("No member"))
