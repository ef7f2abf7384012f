"""Goods over two stores, four tills and head office, in any order; and what the machine would catch."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pos.domain.goods import documents, signing
from sync.head_office import goods_booking
from tests.sync.goods.machine import GoodsMachine

_CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def run(examples: int, steps: int, *, shrink: bool = True) -> None:
    run_state_machine_as_test(
        GoodsMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=tuple(Phase) if shrink else (Phase.generate,),
            suppress_health_check=_CHECKS,
        ),
    )


@pytest.mark.timeout(400)
def test_stock_at_head_office_is_opening_plus_deltas_in_any_order_i3():
    run(examples=2, steps=18)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stock_agrees_over_many_long_stories_i3():
    run(examples=60, steps=45)


def _posts_with_one_signature(monkeypatch):
    """A tampered till that takes one signature for two: head office does not."""
    monkeypatch.setattr(signing, "SLOTS", (1,))
    monkeypatch.setattr(goods_booking, "signature_problems", _strict())


def _strict():
    shipped = signing.signature_problems

    def problems(document):
        slots, signing.SLOTS = signing.SLOTS, (1, 2)
        try:
            return shipped(document)
        finally:
            signing.SLOTS = slots

    return problems


def _forgets_where_goods_went(monkeypatch):
    shipped = documents.movements_of_document
    monkeypatch.setattr(
        goods_booking,
        "movements_of_document",
        lambda document: tuple(m for m in shipped(document) if not m.place),
    )


def _books_scrap_as_income(monkeypatch):
    effect = documents.Effect(documents.MovementReason.SCRAP, into=documents.Place.SHOP)
    shipped = documents.movements_of_document

    def movements(document):
        if document.document_kind != documents.DocumentKind.SCRAP:
            return shipped(document)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(documents.EFFECTS, documents.DocumentKind.SCRAP, effect)
            return shipped(document)

    monkeypatch.setattr(goods_booking, "movements_of_document", movements)


@pytest.mark.parametrize(
    "bug",
    [
        _posts_with_one_signature,
        pytest.param(_forgets_where_goods_went, marks=pytest.mark.slow),
        pytest.param(_books_scrap_as_income, marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(400)
def test_the_machine_catches_a_planted_bug(bug, monkeypatch):
    bug(monkeypatch)
    with pytest.raises(AssertionError):
        run(examples=60, steps=20, shrink=False)
