"""The ledger's proof (STK-03): the same movements give the same hash, whoever sums them."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from pos.domain.stock import MovementReason
from pos.domain.stock_proof import LedgerRow, ledger_sha256

_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["100", "200", "300"]),
        st.sampled_from(["", "loan"]),
        st.sampled_from(["", "B1"]),
        st.sampled_from([reason.value for reason in MovementReason]),
        st.integers(-9_000, 9_000),
    ),
    max_size=30,
)


@given(_ROWS, st.randoms(use_true_random=False))
def test_neither_order_nor_splitting_changes_the_hash(rows: list[LedgerRow], random) -> None:  # type: ignore[no-untyped-def]
    split: list[LedgerRow] = []
    for *key, quantity in rows:
        part = random.randint(-5_000, 5_000)
        split += [(*key, part), (*key, quantity - part)]  # type: ignore[list-item]
    random.shuffle(split)
    assert ledger_sha256(split) == ledger_sha256(rows)


@given(_ROWS, st.integers(0, 29), st.integers(1, 500))
def test_one_quantity_more_or_less_changes_the_hash(
    rows: list[LedgerRow], index: int, more: int
) -> None:
    rows = rows or [("100", "", "", "sale", -1_000)]
    *key, quantity = rows[index % len(rows)]
    changed = list(rows)
    changed[index % len(rows)] = (*key, quantity + more)  # type: ignore[assignment]
    assert ledger_sha256(changed) != ledger_sha256(rows)


def test_the_text_that_is_hashed_is_one_line_a_key_in_order_without_zeros() -> None:
    rows = [
        ("200", "", "", "sale", -1_000),
        ("100", "", "B1", "receipt", 5_000),
        ("300", "", "", "sale", -1_000),
        ("300", "", "", "sale", 1_000),
    ]
    text = b"100\t\tB1\treceipt\t5000\n200\t\t\tsale\t-1000\n"
    assert ledger_sha256(rows) == hashlib.sha256(text).hexdigest()
    assert ledger_sha256([]) == hashlib.sha256(b"").hexdigest()
    assert ledger_sha256(iter(rows)) == ledger_sha256(rows)
    assert ledger_sha256([("1", "", "", MovementReason.SALE, 1)]) == ledger_sha256(
        [("1", "", "", "sale", 1)]
    )
