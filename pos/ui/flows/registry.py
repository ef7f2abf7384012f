"""Command → its dialogue. A command that is not here is said not to exist yet, never ignored."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pos.ui.commands import GOODS
from pos.ui.flows import (
    changes,
    clock,
    drawer,
    goods,
    goods_home,
    goods_planning,
    goods_quality,
    goods_stock,
    goods_tasks,
    labels,
    leaving,
    members,
    paying,
    people,
    print_queue,
    returns,
    self_test,
    undecided,
)

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen

    Telling = Callable[[TillApp, SaleScreen], Coroutine[Any, Any, None]]


class Outcome(StrEnum):
    """Why the sale screen was left."""

    SIGN_OFF = "sign_off"
    SHIFT_CLOSED = "shift_closed"
    DAY_CLOSED = "day_closed"
    QUIT = "quit"
    TRAINING = "training"
    """Training begins or ends: the till is opened anew over the other database."""


SWITCH_TRAINING: Final = 64
"""What the screen's program ends with when training begins or ends."""


async def _search(app: TillApp, sale: SaleScreen) -> None:
    await goods.search(app, sale, "")


STORIES: Final[dict[str, Telling]] = {
    **dict.fromkeys(GOODS, goods_home.not_yet),  # each is replaced below by its own story
    "goods_home": goods_home.goods_home,
    "goods_quality": goods_quality.quality,
    "goods_receive": goods_home.receive,
    "goods_copies": goods_home.copies,
    "functions": leaving.functions,
    "price_check": goods.price_check,
    "item_list": _search,
    "quick_keys": goods.quick_keys,
    "open_item": goods.open_item,
    "quantity": changes.quantity,
    "increment": changes.increment,
    "decrement": changes.decrement,
    "repeat_last": goods.repeat_last,
    "price": changes.price,
    "price_correct": changes.price_correct,
    "line_discount": changes.line_discount,
    "sale_discount": changes.sale_discount,
    "undo": changes.undo,
    "void_line": changes.void_line,
    "void_last": changes.void_last,
    "void_sale": changes.void_sale,
    "park": changes.park,
    "recall": changes.recall,
    "pay": paying.pay,
    "return_mode": returns.begin,
    "find_sale": returns.find_sale,
    "reprint": drawer.reprint,
    "no_sale": drawer.no_sale,
    "paid_in": drawer.paid_in,
    "paid_out": drawer.paid_out,
    "x_report": leaving.x_report,
    "shift_close": leaving.shift_close,
    "day_close": leaving.day_close,
    "lock": leaving.lock,
    "sign_off": leaving.sign_off,
    "language": leaving.language,
    "sync_status": leaving.sync_status,
    "devices": print_queue.devices,
    "self_test": self_test.self_test_devices,
    "quit": leaving.quit_till,
    "people": people.people,
    "goods_stock": goods_stock.goods_stock,
    "goods_count": goods_tasks.count,
    "labels": labels.labels,
    "theme": leaving.theme,
    "training": leaving.training,
    "member": members.member,
    "receipt_toggle": drawer.receipt_toggle,
    "clock": clock.confirm,
    "backups": leaving.backups,
    "verify": undecided.verify,
    "goods_planning": goods_planning.goods_planning,
    "goods_transfer": goods_tasks.transfer,
    "goods_return": goods_tasks.send_back,
    "goods_scrap": goods_tasks.scrap,
    "goods_loans": goods_tasks.loans,
    "goods_dispatch": goods_tasks.dispatch,
}
