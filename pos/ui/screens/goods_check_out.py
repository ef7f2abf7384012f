"""出库验收: what leaves for delivery is scanned against the register's entry (STK-19)."""

from __future__ import annotations

from concurrent.futures import Future

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods import dispatch
from pos.services.goods.held import Held
from pos.services.goods.scanning import Scanned
from pos.ui.flow import Saved
from pos.ui.goods_names import goods_name
from pos.ui.screens.goods_scan import Counted, GoodsScanScreen
from pos.ui.text_grid import clean
from pos.ui.widgets.goods_list import GoodsRow


class CheckOutScreen(GoodsScanScreen[str], inherit_bindings=False):
    """Answers with the number of the pass; empty when nothing left."""

    help_topic = "goods_dispatch"

    def __init__(self, till: Till, entry: Held) -> None:
        super().__init__(till)
        self.held = entry
        self.caption = _("Check out")
        self.set_rows(
            [
                GoodsRow(
                    number=one.line.line_no,
                    name=goods_name(till, one.line),
                    quantity_milli=0,
                    code=clean(one.line.barcode or one.line.item_code),
                    unit=clean(one.line.unit),
                    detail=clean(" ".join(one.line.unit_codes)[-16:]),
                    expected_milli=one.open_milli,
                )
                for one in entry.lines
            ]
        )

    @property
    def shows_expected(self) -> bool:
        return True

    def notes(self) -> tuple[str, ...]:
        return (clean(self.held.customer), self.held.number)

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal | None:
        """More than waits, or other goods, are refused at the scan."""
        names = {scanned.unit_code, scanned.serial} - {""}
        for one in self.held.lines:
            row = self.row(one.line.line_no)
            if one.line.item_code != scanned.item.item_code or row is None:
                continue
            if names and one.line.unit_codes and not names & set(one.line.unit_codes):
                continue
            if row.quantity_milli + quantity_milli > one.open_milli:
                continue
            before = row.quantity_milli
            self._put(row, before + quantity_milli)
            return Counted(row.number, before)
        return Refusal(
            "other_goods", _("Not of this delivery, or more than it has: leave it here")
        )

    def set_quantity(self, number: int, quantity_milli: int) -> Refusal | None:
        row = self.row(number)
        one = next((one for one in self.held.lines if one.line.line_no == number), None)
        if row is None or one is None or quantity_milli > one.open_milli:
            return Refusal(
                "other_goods", _("Not of this delivery, or more than it has: leave it here")
            )
        self._put(row, quantity_milli)
        return None

    def done(self) -> None:
        counted: dict[str, int] = {}
        for one in self.held.lines:
            row = self.row(one.line.line_no)
            if row is not None:
                code = one.line.item_code
                counted[code] = counted.get(code, 0) + row.quantity_milli
        result = dispatch.check_out(self.till, self.held.number, counted)
        if isinstance(result, Refusal):
            self.error(self.words(result))
        else:
            self.host.start(self._saved(result))

    async def _saved(self, saved: Future[str]) -> None:
        try:
            number = await Saved(saved)
        except Exception as error:  # noqa: BLE001 - whatever the disk said, the person is told
            self.error(_("Not written to disk: {why}").format(why=clean(str(error))))
            return
        self.finish(number)

    def leave(self) -> None:
        self.finish("")

    def _put(self, row: GoodsRow, quantity_milli: int) -> None:
        self.put_row(
            GoodsRow(
                number=row.number,
                name=row.name,
                quantity_milli=quantity_milli,
                code=row.code,
                unit=row.unit,
                detail=row.detail,
                expected_milli=row.expected_milli,
            )
        )
