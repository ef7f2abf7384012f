"""Where the till stands: business day, shift and next number, read back from the projections."""

from __future__ import annotations

from pos.services.context import Till
from pos.store.journal_files import files_of


def load_session(till: Till) -> None:
    """Set the till's session from `till_state`; called at start and after a close."""
    row = (
        till.journal.reader()
        .execute("SELECT business_day, shift_no, next_number FROM till_state WHERE id = 1")
        .fetchone()
    )
    till.business_day, till.shift_no, till.next_number = row or ("", 0, 1)
    rows = (
        file.execute("SELECT transaction_no FROM txn ORDER BY entry_id DESC LIMIT 1").fetchone()
        for file in files_of(till.journal.reader())
    )
    last = next((row for row in rows if row is not None), None)
    till.last_transaction_no = last[0] if last else ""
    till.unbooked = False
    if till.settings.stock.opening_count == "required":
        from pos.services.goods.books import is_unbooked  # most tills need not load it

        till.unbooked = is_unbooked(till)
