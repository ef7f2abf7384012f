"""From sign-on to trading: a forgotten close made good, the business day, the shift's float."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pos.ui.app import TillApp


async def ready_to_trade(app: TillApp) -> bool:
    """Open what must be open; False when the operator gave up."""
    return bool(app.till.business_day)
