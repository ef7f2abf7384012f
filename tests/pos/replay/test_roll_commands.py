"""Roll commands are obeyed on a roll's journaled authority alone, and lose nothing on the line."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.roll import RollLine, RollTender, RollTransaction
from pos.services import checkout, roll_commands, rolls
from pos.services.roll_commands import RollCommand, encode, take
from tests.pos.services import shop as support
from tests.pos.ui.shop import NOODLES, copy_home, make_home, trading

LINE = RollLine(
    row_number=2,
    kind=LineKind.VOID,
    item_code="",
    description="Crème brûlée 布丁 🍮",
    quantity_milli=-1000,
    unit_price_e4=12_000,
    unit_discount_e4=500,
    at="2022-06-01T15:55:12.285132",
)
HEAD = RollTransaction(
    store_id="01",
    workstation_id="01",
    business_day=support.DAY,
    transaction="17",
    operator_id="7",
    at="2026-11-21T10:00:00",
    row_number=2,
    lines=(),
    tenders=(),
)


@pytest.fixture
def till(tmp_path):
    found = support.open_till(tmp_path)
    support.staff(found)
    yield found
    found.journal.close()


@pytest.fixture
def roll_till(till):
    rolls.begin_roll(till, "rolls.csv", "ab" * 32)
    support.begin_day(till)
    return till


def test_a_command_is_plain_ascii_on_the_wire_and_comes_back_as_it_was():
    command = RollCommand(line=LINE, at="x", mark="ROLL 1")
    data = encode(command)
    assert data.startswith(roll_commands.PREFIX)
    assert all(0x20 <= byte < 0x7F for byte in data)
    back = msgspec.json.decode(data[len(roll_commands.PREFIX) :], type=RollCommand)
    assert back == command


def test_an_ordinary_till_takes_a_roll_command_for_a_code_that_nobody_knows(till):
    support.act_as(till, "8001")
    support.begin_day(till)
    data = encode(RollCommand(line=LINE, scanned=False))
    assert take(till, data) is None
    assert isinstance(checkout.scan(till, data), checkout.UnknownCode)
    assert not till.sale.cart.lines


async def test_the_screen_of_an_ordinary_till_refuses_a_roll_command_loudly(tmp_path):
    home = copy_home(make_home(tmp_path / "sample"), tmp_path / "home")
    async with trading(home) as hands:
        await hands.scan(NOODLES)
        close = encode(RollCommand(close_day=roll_commands.CloseDay()))
        await hands.scan(close.decode("ascii"))
        assert hands.rings == 1
        assert "✗" in hands.text()
        assert len(hands.cart.lines) == 1
        assert hands.till.business_day


def test_on_a_rolls_authority_lines_and_tenders_come_by_command(roll_till):
    take(roll_till, encode(RollCommand(transaction=HEAD)))
    assert isinstance(checkout.scan(roll_till, b"6901234567892"), checkout.LineAdded)
    assert isinstance(checkout.scan(roll_till, b"6901234567892"), checkout.LineAdded)
    take(roll_till, encode(RollCommand(line=LINE)))
    take(roll_till, b"W550")
    assert [line.quantity_milli for line in roll_till.sale.cart.lines] == [1000, 1000, -1000]
    tenders = (
        RollTender(row_number=3, tender_type="card", amount_minor=520, at=HEAD.at),
        RollTender(row_number=4, tender_type="cash", amount_minor=-240, at=HEAD.at),
    )
    step = take(roll_till, encode(RollCommand(tenders=tenders, mark="ROLL 9")))
    assert step is not None
    assert step.completion is not None
    assert step.mark == "ROLL 9"
    step.completion.saved.result()
    (body,) = support.entries(roll_till, EntryKind.TRANSACTION)
    assert (body.roll_transaction, body.operator_id, body.at) == ("17", "7", HEAD.at)
    assert [t.amount_minor for t in body.tenders] == [520, -240]
    void = body.lines[2]
    assert (void.item_code, void.description) == ("W550", LINE.description)
    assert (void.override.source, void.at) == ("ROLL", LINE.at)


def test_a_command_that_cannot_be_read_is_refused_and_changes_nothing(roll_till):
    for data in (b"GUITAI-ROLL {", b'GUITAI-ROLL {"steal":1}', b"GUITAI-ROLL \xff"):
        step = take(roll_till, data)
        assert step is not None
        assert step.refusal is not None
    assert roll_till.sale.empty


def test_a_transaction_is_not_begun_over_an_unfinished_one(roll_till):
    take(roll_till, encode(RollCommand(transaction=HEAD)))
    checkout.scan(roll_till, b"6901234567892")
    step = take(roll_till, encode(RollCommand(transaction=HEAD)))
    assert step is not None
    assert step.refusal is not None
    assert step.refusal.code == "sale_open"
    assert len(roll_till.sale.cart.lines) == 1
