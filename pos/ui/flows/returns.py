"""Returns: by the receipt's barcode, by finding the sale, or without a receipt by approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def begin(app: TillApp, sale: SaleScreen) -> None:
    """Return goods."""
    sale.error(_("Return"))


async def find_sale(app: TillApp, sale: SaleScreen) -> None:
    """Find an earlier sale."""
    sale.error(_("Find sale"))


async def from_receipt(app: TillApp, sale: SaleScreen, transaction_no: str) -> None:
    """A receipt was scanned."""
    sale.error(_("Return"), transaction_no)
