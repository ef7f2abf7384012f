"""The demonstration ships counted (STK-01): signed by two, in the journal, in the books."""

from __future__ import annotations

from pos.bootstrap import build_till, close_till
from pos.config import load_roles, set_value
from pos.demo.opening import post_opening
from pos.domain.goods import signing
from pos.services.goods import books, documents, stock
from pos.store import stock_ledger
from tests.pos.ui.shop import make_home


def test_the_sample_shop_is_booked_by_a_document_that_two_people_signed(tmp_path):
    home = make_home(tmp_path / "home")
    set_value(home, "stock.opening_count", "required")
    document = post_opening(home)
    assert signing.signature_problems(document) == ()
    assert signing.line_problems(document) == ()
    till = build_till(home)
    try:
        assert books.books(till).state is books.State.BOOKED
        assert not till.unbooked
        first = document.lines[0]
        assert stock.on_hand(till, first.item_code).shop_milli >= first.quantity_milli > 0
        assert stock.unit_cost_e4(till, first.item_code) == first.unit_cost_e4
        assert till.journal.run(lambda txn: stock_ledger.fold_all(txn.connection)) >= 400
        assert stock_ledger.differences(till.journal.reader()) == []
        roles = load_roles(home)
        rights = documents.rights_of(document.document_kind)
        for signature, right in zip(document.signatures, rights, strict=True):
            assert roles[signature.role].may(right)
    finally:
        close_till(till)


def test_a_shop_that_nobody_counted_is_not(tmp_path):
    home = make_home(tmp_path / "home")
    set_value(home, "stock.opening_count", "required")
    till = build_till(home)
    try:
        assert till.unbooked
    finally:
        close_till(till)
