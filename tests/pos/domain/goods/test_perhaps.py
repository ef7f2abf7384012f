"""Who may have bought of a batch although the slip names none (QLT-05)."""

from __future__ import annotations

from pos.domain.goods.perhaps import Moved, perhaps


def came(pieces, reason="receipt"):
    return Moved(pieces * 1000, reason, named=True, unnamed=False)


def other(pieces, reason="receipt"):
    return Moved(pieces * 1000, reason, named=False, unnamed=False)


def ean(pieces, reason="sale"):
    return Moved(pieces * 1000, reason, named=False, unnamed=True)


def test_qlt_05_unnamed_sales_count_from_the_first_receipt_on():
    assert perhaps([ean(-1), came(5), ean(-1), ean(-2)]) == [2, 3]


def test_named_sales_and_other_batches_are_never_perhaps():
    assert perhaps([came(5), other(-1, "sale"), came(-1, "sale")]) == []


def test_nothing_is_perhaps_once_the_batch_left_under_its_name():
    assert perhaps([came(5), ean(-1), came(-5, "supplier_return"), ean(-1)]) == [1]


def test_a_counted_shop_that_is_empty_holds_nothing_of_it():
    moves = [came(2), ean(-2), other(9), ean(-1)]
    assert perhaps(moves, counted=True) == [1]


def test_books_that_nobody_counted_rule_no_buyer_out():
    """The negative control of the rule above: a recall errs on the side of telling people."""
    assert perhaps([came(2), ean(-2), other(9), ean(-1)]) == [1, 3]


def test_what_an_unnamed_customer_brings_back_may_be_of_it():
    moves = [came(2), ean(-2), ean(1, "return"), ean(-1)]
    assert perhaps(moves, counted=True) == [1, 3]


def test_a_count_that_finds_less_bounds_what_is_left():
    moves = [came(5), ean(-1), ean(-4, "count"), other(3), ean(-1)]
    assert perhaps(moves) == [1]
