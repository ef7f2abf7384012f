"""Where the till stands: business day, shift and next number, read back from the projections."""

from __future__ import annotations

from pos.services.context import Till


def load_session(till: Till) -> None:
    """Set the till's session from `till_state`; called at start and after a close."""
    row = (
        till.journal.reader()
        .execute("SELECT business_day, shift_no, next_number FROM till_state WHERE id = 1")
        .fetchone()
    )
    till.business_day, till.shift_no, till.next_number = row or ("", 0, 1)
    last = (
        till.journal.reader()
        .execute("SELECT transaction_no FROM txn ORDER BY entry_id DESC LIMIT 1")
        .fetchone()
    )
    till.last_transaction_no = last[0] if last else ""
