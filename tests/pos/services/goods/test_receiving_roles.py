"""Who the two are that sign for goods: by right, or by role at a counter (RCV-02)."""

from __future__ import annotations

import msgspec
import pytest

from pos.config import load_rules
from pos.domain.cart import Refusal
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.services.goods.test_receiving import begun, item, note, sign

COUNTER_HEAD, MANAGER = "3001", "8001"


@pytest.fixture
def shop(open_shop):
    goods.publish(open_shop.home)
    return open_shop


def asks_for(till, signed_by: str = "preset", preset: str = "counter") -> None:
    asked = msgspec.structs.replace(till.settings.receiving, signed_by=signed_by)
    till.settings = msgspec.structs.replace(till.settings, receiving=asked)
    till.rules = load_rules(preset)


def counted(till):
    one = begun(till)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    return one


def test_at_a_counter_the_counter_head_inspects(shop):
    """RCV-02: the department store's preset is strict by itself."""
    asks_for(shop)
    one = counted(shop)
    refused = sign(one, MANAGER)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.values["roles"]) == ("wrong_role", "counter_head")
    assert not isinstance(sign(one, COUNTER_HEAD), Refusal)
    assert not isinstance(sign(one, MANAGER), Refusal)


@pytest.mark.parametrize("role", ["bookkeeper", "acceptance", "manager"])
def test_the_second_is_the_bookkeeper_the_acceptance_clerk_or_the_manager(shop, role):
    """RCV-02."""
    asks_for(shop)
    assert role in shop.settings.receiving.second_roles
    assert shop.roles[role].may("stock.receive_second")
    assert not shop.roles[role].may("sale.sell") or role == "manager"


def test_no_other_role_checks_at_a_counter(shop):
    """RCV-02: a second counter head may not stand in for the bookkeeper."""
    asks_for(shop)
    one = counted(shop)
    sign(one, COUNTER_HEAD)
    asked = msgspec.structs.replace(shop.settings.receiving, second_roles=("bookkeeper",))
    shop.settings = msgspec.structs.replace(shop.settings, receiving=asked)
    refused = sign(one, MANAGER)
    assert isinstance(refused, Refusal)
    assert refused.code == "wrong_role"


@pytest.mark.parametrize(
    ("signed_by", "preset"),
    [("preset", "supermarket"), ("preset", "convenience"), ("right", "counter")],
)
def test_the_control_elsewhere_the_right_is_enough(shop, signed_by, preset):
    asks_for(shop, signed_by, preset)
    one = counted(shop)
    assert not isinstance(sign(one, MANAGER), Refusal)
    assert not isinstance(sign(one, COUNTER_HEAD), Refusal)


def test_a_supermarket_may_be_as_strict(shop):
    asks_for(shop, "role", "supermarket")
    refused = sign(counted(shop), MANAGER)
    assert isinstance(refused, Refusal)
    assert refused.code == "wrong_role"


def test_one_person_never_signs_twice_whatever_the_roles(shop):
    """RCV-01 stands above RCV-02."""
    asks_for(shop)
    asked = msgspec.structs.replace(shop.settings.receiving, second_roles=("counter_head",))
    shop.settings = msgspec.structs.replace(shop.settings, receiving=asked)
    one = counted(shop)
    sign(one, COUNTER_HEAD)
    refused = sign(one, COUNTER_HEAD)
    assert isinstance(refused, Refusal)
    assert refused.code == "same_person"
