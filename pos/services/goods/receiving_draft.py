"""The draft of a receipt being worked on: its lines by number and by what a scan says (RCV-01).

Every change is written at once by `pos.services.goods.drafting`, the index kept beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.goods.documents import GoodsDocument, GoodsLine
from pos.domain.goods.receiving import Source
from pos.domain.item import Item
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import drafting
from pos.services.goods.days import stock_day
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.orders_due import supplier_of
from pos.services.goods.receiving_values import Working
from pos.services.goods.rules import GoodsRule, rule_for


class ReceivingDraft:
    """The lines of one receipt and what the shop knows of them; each change is written at once."""

    def __init__(self, till: Till, draft: StoredDraft) -> None:
        self.till = till
        self.draft = draft
        self.working = msgspec.json.decode(draft.working, type=Working)
        self.today = stock_day(till)
        self._latest: dict[str, int] = {}
        self._by_facts: dict[tuple[str, str, str], int] = {}
        self._items: dict[str, Item] = {}
        self._prices: dict[str, bool] = {}
        self._by_number: dict[int, GoodsLine] = {}
        self._expects = False
        """Whether the paper says anything of any line."""

        self._index()

    # -------------------------------------------------------------------- what it is

    @property
    def document(self) -> GoodsDocument:
        """The document as it stands."""
        return self.draft.document

    @property
    def lines(self) -> Sequence[GoodsLine]:
        """Its lines by number."""
        return self.draft.document.lines

    def line(self, number: int) -> GoodsLine | None:
        """One line, or None."""
        return self._by_number.get(number)

    @property
    def blind(self) -> bool:
        """Whether what is expected must not be shown yet: until the count was signed."""
        return self.document.source == Source.BLIND and not self.document.signatures

    @property
    def tolerance_bp(self) -> int:
        """How much more than ordered is taken."""
        supplier = supplier_of(self.till, self.document.counterparty_id)
        own = supplier.tolerance_bp if supplier is not None else 0
        return max(own, self.till.settings.receiving.tolerance_bp)

    @property
    def needs_seal(self) -> bool:
        """Whether the note must bear its sender's seal (RCV-07)."""
        supplier = supplier_of(self.till, self.document.counterparty_id)
        if supplier is not None:
            return supplier.needs_seal
        return self.till.settings.receiving.seal

    def item_of(self, line: GoodsLine) -> Item:
        """The item of a line as the catalogue has it now."""
        found = self._items.get(line.item_code)
        if found is None:
            found = catalogue.find_item(self.till, line.item_code) or Item(
                item_code=line.item_code, name=line.description
            )
            self._items[line.item_code] = found
        return found

    def rule_of(self, line: GoodsLine) -> GoodsRule:
        """What goods keeping asks of a line's item."""
        return rule_for(self.till, self.item_of(line))

    def _next_number(self) -> int:
        return self.lines[-1].line_no + 1 if self.lines else 1

    # -------------------------------------------------------------------- writing

    def replace(self, document: GoodsDocument, *, working: bool = False) -> None:
        """Make the draft read so, and index it anew."""
        self.draft = drafting.change(
            self.till, self.draft, document, self.working if working else None
        )
        self._index()

    def took(self, draft: StoredDraft) -> None:
        """The draft as a signature left it."""
        self.draft = draft
        self._index()

    def _put(self, line: GoodsLine, *, working: bool = False) -> None:
        """One line, written alone unless the working state goes with it."""
        if working or self.draft.document.signatures:
            others = [one for one in self.lines if one.line_no != line.line_no]
            others.append(line)
            others.sort(key=lambda one: one.line_no)
            self.replace(msgspec.structs.replace(self.document, lines=tuple(others)), working=True)
            return
        self.draft = drafting.put_line(self.till, self.draft, line)
        self._note_line(line)

    def _work(self, **values: object) -> None:
        self.working = msgspec.structs.replace(self.working, **values)
        self.draft = drafting.change(self.till, self.draft, self.document, self.working)

    def _index(self) -> None:
        self._latest.clear()
        self._by_facts.clear()
        self._by_number = {}
        self._expects = False
        for line in self.lines:
            if line.received_milli or line.item_code not in self._latest:
                self._note_line(line)
            else:
                self._by_number[line.line_no] = line
                self._expects = self._expects or line.expected_milli is not None

    def _note_line(self, line: GoodsLine) -> None:
        self._by_number[line.line_no] = line
        self._expects = self._expects or line.expected_milli is not None
        self._latest[line.item_code] = line.line_no
        if line.batch or line.expiry:
            self._by_facts[(line.item_code, line.batch, line.expiry)] = line.line_no
