"""A till killed while it sells goods that stay: the sale and its register entry, or neither (REG-01)."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from pos.services import checkout
from pos.services.goods import dispatch, held
from tests.pos.services import shop as support
from tests.pos.services.goods.large_shop import FRIDGE, places, stock_large

SELLS = """
import os, signal, sys
from pathlib import Path
from pos.domain.cart import EntryMethod
from pos.services import checkout
from pos.services.goods import dispatch
from pos.services.goods.dispatch import Customer
from pos.store import goods_drafts
from tests.pos.services import shop

till = shop.open_till(Path(sys.argv[1]))
shop.act_as(till, "8001")
checkout.add_item(till, "FRIDGE", 1000, entry_method=EntryMethod.KEYED)
dispatch.hold(till, dispatch.KEEP, Customer(name="王"))
checkout.tender(till, "cash", None)
till.write(lambda _: None).result()

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "before the commit":
    goods_drafts.drop_draft = die  # the sale's entry is written, nothing is committed
checkout.complete(till).saved.result()
die()
"""


@pytest.fixture
def home(tmp_path):
    till = support.open_till(tmp_path)
    support.staff(till)
    support.act_as(till, "8001")
    support.begin_day(till)
    stock_large(till)
    till.journal.close()
    return tmp_path


def killed(home, when):
    done = subprocess.run([sys.executable, "-c", SELLS, str(home), when], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    till = support.open_till(home)
    support.act_as(till, "8001")
    return till


def test_killed_before_the_commit_neither_is_there_and_the_answer_is_kept(home):
    till = killed(home, "before the commit")
    try:
        assert places(till) == {}
        assert held.open_entries(till) == []
        assert isinstance(checkout.resume_recovered(till), checkout.Recalled)
        assert dispatch.to_ask(till) == ()
        done = checkout.complete(till)
        assert isinstance(done, checkout.Completion), done
        done.saved.result(5)
        assert places(till) == {(FRIDGE, ""): -1000, (FRIDGE, "reserved"): 1000}
        assert len(held.open_entries(till)) == 1
    finally:
        till.journal.close()


def test_killed_after_the_commit_both_are_there_once(home):
    till = killed(home, "after the commit")
    try:
        assert places(till) == {(FRIDGE, ""): -1000, (FRIDGE, "reserved"): 1000}
        assert len(held.open_entries(till)) == 1
        assert checkout.recover(till).open_cart is None
    finally:
        till.journal.close()
