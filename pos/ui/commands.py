"""The commands of the sale screen in words: short for the footer, long for help and the menu."""

from __future__ import annotations

from typing import Final

from pos.config import COMMANDS
from pos.i18n import N_

NAMES: Final[dict[str, tuple[str, str]]] = {
    "help": (N_("More"), N_("Help: all keys of this screen")),
    "functions": (N_("Functions"), N_("All functions by number")),
    "member": (N_("Member"), N_("Member by card or telephone")),
    "price_check": (N_("Price?"), N_("What does it cost? Nothing is sold")),
    "item_list": (N_("Items"), N_("Search items by name, initials or code")),
    "quick_keys": (N_("Quick"), N_("Goods without codes: bags, eggs, …")),
    "open_item": (N_("Dept"), N_("Sell as a department at a typed price")),
    "quantity": (N_("Quantity"), N_("Quantity of the line")),
    "repeat_last": (N_("Again"), N_("The last item once more")),
    "price": (N_("Price"), N_("Another price for the line")),
    "price_correct": (N_("Shelf card"), N_("Shelf card differs: correct the price")),
    "line_discount": (N_("Discount"), N_("Discount on the line")),
    "sale_discount": (N_("Whole"), N_("Discount on the whole sale, rounding off")),
    "undo": (N_("Undo"), N_("Undo the last action on a line")),
    "void_line": (N_("Void"), N_("Take the marked line off")),
    "void_last": (N_("Void last"), N_("Take the last line off")),
    "void_sale": (N_("Cancel sale"), N_("Give up the whole sale")),
    "park": (N_("Park"), N_("Put this sale aside")),
    "recall": (N_("Recall"), N_("Take a parked sale up again")),
    "subtotal": (N_("Subtotal"), N_("Show the total")),
    "pay": (N_("Pay"), N_("Pay")),
    "return_mode": (N_("Return"), N_("Return goods")),
    "find_sale": (N_("Find sale"), N_("Find an earlier sale")),
    "reprint": (N_("Reprint"), N_("Print the last receipt again")),
    "receipt_toggle": (N_("Receipt"), N_("Print this receipt or not")),
    "no_sale": (N_("Drawer"), N_("Open the drawer without a sale")),
    "paid_in": (N_("Paid in"), N_("Put money into the drawer")),
    "paid_out": (N_("Paid out"), N_("Take money from the drawer")),
    "x_report": (N_("X"), N_("X: the shift's figures so far")),
    "shift_close": (N_("Hand over"), N_("Hand the shift over")),
    "day_close": (N_("Close day"), N_("Close the business day (Z)")),
    "lock": (N_("Lock"), N_("Lock the till")),
    "sign_off": (N_("Sign off"), N_("Change of cashier")),
    "language": (N_("Language"), N_("Chinese or English")),
    "training": (N_("Training"), N_("Training mode on and off")),
    "sync_status": (N_("Unsent"), N_("What has not reached head office")),
    "devices": (N_("Devices"), N_("Scanner, printer, drawer, print queue")),
    "self_test": (N_("Test"), N_("Test scanner, printer, drawer, display and scale")),
    "quit": (N_("Quit"), N_("Leave the program")),
    "people": (N_("People"), N_("PINs and operators")),
    "labels": (N_("Labels"), N_("Price cards, shelf labels, barcodes")),
    "theme": (N_("Colours"), N_("Dark, light or high contrast")),
    "clock": (N_("Clock"), N_("Confirm date and time")),
    "backups": (N_("Backups"), N_("When the last backup was made, and where")),
    "verify": (N_("Verify"), N_("Payments to be verified: did they arrive?")),
    "goods_home": (N_("Stockroom"), N_("Stockroom: tasks, drafts, what is overdue")),
    "goods_receive": (N_("Receive"), N_("Receive goods")),
    "goods_stock": (N_("Stock"), N_("Stock: on hand, history, books")),
    "goods_count": (N_("Count"), N_("Count stock")),
    "goods_transfer": (N_("Transfer"), N_("Goods to and from other shops")),
    "goods_return": (N_("To supplier"), N_("Send goods back to a supplier")),
    "goods_scrap": (N_("Scrap"), N_("Write off damaged goods")),
    "goods_loans": (N_("Loans"), N_("Goods lent and brought back")),
    "goods_dispatch": (N_("Deliveries"), N_("Goods sold and not yet delivered")),
    "goods_quality": (N_("Quality"), N_("Batches, dates, recalls")),
    "goods_planning": (N_("Ordering"), N_("What to order, and why")),
    "goods_copies": (N_("Copies"), N_("Copies of dispatch notes")),
}
"""Command → (word for the footer, sentence for help and the function menu)."""

GOODS: Final = (
    "goods_receive", "goods_stock", "goods_count", "goods_transfer", "goods_return", "goods_scrap",
    "goods_loans", "goods_dispatch", "goods_quality", "goods_planning", "goods_copies",
)  # fmt: skip
"""What is done with goods, in the order of the goods home."""

EXTRAS: Final = (
    "people", "theme", "clock", "backups", "labels", "verify", "goods_home", *GOODS,
)  # fmt: skip
"""Functions that have a number but no key: what is done once in a while."""

_FIRST: Final = (
    "help", "shift_close", "day_close", "x_report", "sign_off", "lock", "return_mode", "find_sale",
    "reprint", "receipt_toggle", "member", "price_check",
)  # fmt: skip
"""What stands on the menu's first page: what one looks for without knowing its key."""

NUMBERS: Final[dict[int, str]] = dict(
    enumerate(
        (*_FIRST, *(name for name in (*COMMANDS, *EXTRAS) if name not in (*_FIRST, "functions"))),
        start=1,
    )
)
"""Number in the function menu → command: every function with the number pad alone."""

FOOTER: Final = ("item_list", "park", "recall", "void_line", "pay", "price_check", "undo")
"""Commands offered in the footer, most wanted first."""

FOOTER_IDLE: Final = ("item_list", "recall", "return_mode", "price_check", "reprint")
"""Before the first goods: there is nothing to park, void or pay."""

_KEY_NAMES: Final = {
    "delete": "Del",
    "backspace": "Bksp",
    "escape": "Esc",
    "enter": "Enter",
    "insert": "Ins",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "space": "Space",
}


def key_name(key: str) -> str:
    """`ctrl+r` → `Ctrl+R`, `f9` → `F9`: a key as it stands on the keyboard."""
    return "+".join(_KEY_NAMES.get(part, part.capitalize()) for part in key.split("+"))
