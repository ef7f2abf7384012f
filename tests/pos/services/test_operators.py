"""Signing on, PINs, the growing delay, and who may change whom."""

from __future__ import annotations

import msgspec
import pytest

from pos import i18n
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.services import lockouts, operators, pin_changes
from pos.services.pins import (
    PARAMETERS,
    check_new_pin,
    check_pin,
    make_verifier,
    mark_of,
    pin_hash,
    stands_over,
    stored_verifier,
)
from pos.store.clock import FixedClock
from pos.store.pepper import load_pepper, seal
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from tests.pos.services.shop import FAST, START, act_as, entries, open_till, staff


def fail(till, operator_id="1001", times=1):
    answers = [operators.sign_on(till, operator_id, "0000") for _ in range(times)]
    assert all(isinstance(one, Refusal) for one in answers), answers
    return answers[-1]


def test_signing_on_takes_role_and_language_and_is_journaled(shop):
    answer = operators.sign_on(shop, "1001", "2580")
    assert isinstance(answer, operators.SignedOn)
    answer.saved.result()
    assert shop.operator.role.role_id == "cashier"
    assert i18n.language() == "zh_CN"
    assert [body.role for body in entries(shop, EntryKind.SIGN_ON)] == ["cashier"]


def test_the_next_person_signs_the_last_one_off(shop):
    operators.sign_on(shop, "1001", "2580")
    operators.sign_on(shop, "8001", "852741")
    assert [body.reason for body in entries(shop, EntryKind.SIGN_OFF)] == ["change"]
    assert shop.operator.operator_id == "8001"


def test_a_wrong_pin_an_unknown_number_and_somebody_who_left_answer_alike(shop):
    act_as(shop, "8001")
    operators.set_operator(shop, "1002", name="王强", role="cashier", active=False).saved.result()
    shop.operator = None
    refusals = [operators.sign_on(shop, who, "1470") for who in ("1001", "1002", "4711")]
    assert {(one.code, one.message) for one in refusals} == {
        ("wrong_pin", "number or PIN is wrong")
    }


def test_an_unknown_number_costs_a_hash_as_a_known_one_does(shop, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "pos.services.pins.pin_hash",
        lambda pin, salt, parameters: seen.append(parameters) or "x",
    )
    operators.sign_on(shop, "1001", "0000")
    operators.sign_on(shop, "4711", "0000")
    assert seen == [FAST, FAST]


def test_the_delay_grows_and_never_passes_five_minutes(shop):
    waits = []
    for _ in range(12):
        waits.append(fail(shop).values["wait_s"])
        shop.clock.advance(300_000)
    assert waits[:6] == [0, 0, 0, 15, 30, 60]
    assert max(waits) == 300


def test_during_the_delay_even_the_right_pin_is_not_looked_at(shop):
    fail(shop, times=4)
    refused = operators.sign_on(shop, "1001", "2580")
    assert (refused.code, refused.values["wait_s"]) == ("locked_out", 15)
    shop.clock.advance(15_000)
    assert isinstance(operators.sign_on(shop, "1001", "2580"), operators.SignedOn)


def test_the_delay_survives_a_restart_and_a_changed_clock(tmp_path):
    till = open_till(tmp_path)
    staff(till)
    fail(till, times=4)
    till.journal.close()

    clock = FixedClock(START)
    clock.step(40 * 24 * 3_600_000)
    again = open_till(tmp_path, clock=clock)
    refused = operators.sign_on(again, "1001", "2580")
    clock.step(40 * 24 * 3_600_000)
    still = operators.sign_on(again, "1001", "2580")
    clock.advance(15_000)
    after = operators.sign_on(again, "1001", "2580")
    again.journal.close()
    assert (refused.code, refused.values["wait_s"]) == ("locked_out", 15)
    assert still.code == "locked_out"
    assert isinstance(after, operators.SignedOn)


def test_a_delay_that_was_served_is_not_served_again_after_a_restart(tmp_path):
    till = open_till(tmp_path)
    staff(till)
    fail(till, times=4)
    till.clock.advance(15_000)
    assert lockouts.wait_ms(till, "1001") == 0
    till.journal.close()
    again = open_till(tmp_path)
    answer = operators.sign_on(again, "1001", "2580")
    again.journal.close()
    assert isinstance(answer, operators.SignedOn)


def test_a_right_pin_forgets_the_wrong_ones(shop):
    fail(shop, times=3)
    operators.sign_on(shop, "1001", "2580")
    assert fail(shop).values["wait_s"] == 0


def test_the_last_one_who_can_lift_delays_waits_but_ever_the_same(shop):
    act_as(shop, "9001")
    for who, name, role in (("3001", "陈桂芳", "counter_head"), ("8001", "周建国", "manager")):
        operators.set_operator(shop, who, name=name, role=role, active=False).saved.result()
    waits = []
    for _ in range(8):
        waits.append(fail(shop, "9001").values["wait_s"])
        shop.clock.advance(300_000)
    assert waits == [0, 0, 0, 15, 15, 15, 15, 15]


def test_wrong_pins_are_journaled_with_number_and_count(shop):
    fail(shop, times=4)
    bodies = entries(shop, EntryKind.PIN_FAILED)
    assert [(body.operator_tried, body.failures) for body in bodies] == [
        ("1001", n) for n in (1, 2, 3, 4)
    ]
    assert bodies[-1].locked_until_utc_ms == shop.clock.utc_ms() + 15_000


def test_a_manager_lifts_a_delay_and_a_cashier_does_not(shop):
    fail(shop, times=4)
    act_as(shop, "1002")
    assert pin_changes.lift_lockout(shop, "1001").code == "no_right"
    act_as(shop, "8001")
    pin_changes.lift_lockout(shop, "1001").saved.result()
    assert isinstance(operators.sign_on(shop, "1001", "2580"), operators.SignedOn)
    assert len(entries(shop, EntryKind.LOCKOUT_LIFTED)) == 1


def test_nobody_lifts_their_own_delay(shop):
    act_as(shop, "8001")
    assert pin_changes.lift_lockout(shop, "8001").code == "approval_self"


def test_lock_and_unlock_keep_the_sale_and_want_the_same_person(shop):
    operators.sign_on(shop, "1001", "2580")
    operators.lock(shop)
    assert shop.locked
    assert operators.unlock(shop, "1470").code == "wrong_pin"
    assert isinstance(operators.unlock(shop, "2580"), operators.SignedOff)
    assert not shop.locked


def test_a_changed_pin_counts_at_once_and_the_old_one_no_more(shop):
    operators.sign_on(shop, "1001", "2580")
    changed = pin_changes.change_pin(shop, "2580", "7193", parameters=FAST)
    assert isinstance(changed, pin_changes.PinChanged)
    changed.saved.result()
    assert operators.sign_on(shop, "1001", "2580").code == "wrong_pin"
    assert isinstance(operators.sign_on(shop, "1001", "7193"), operators.SignedOn)
    assert len(entries(shop, EntryKind.PIN_CHANGED)) == 1


@pytest.mark.parametrize(
    ("role", "pin", "code"),
    [
        ("cashier", "12ab", "pin_not_digits"),
        ("cashier", "719", "pin_wrong_length"),
        ("manager", "7193", "pin_wrong_length"),
        ("cashier", "1234", "pin_too_easy"),
        ("cashier", "0000", "pin_too_easy"),
        ("cashier", "9876", "pin_too_easy"),
        ("cashier", "1001", "pin_too_easy"),
    ],
)
def test_easy_pins_are_refused(shop, role, pin, code):
    refusal = check_new_pin(shop.settings.security, shop.roles[role], "1001", pin)
    assert refusal.code == code


def test_a_good_pin_is_taken(shop):
    security, role = shop.settings.security, shop.roles["cashier"]
    assert check_new_pin(security, role, "1001", "7193") is None


def test_a_manager_sets_a_cashiers_pin_anew_and_a_cashier_may_not(shop):
    act_as(shop, "1002")
    assert pin_changes.reset_pin(shop, "1001", "7193", parameters=FAST).code == "no_right"
    act_as(shop, "8001")
    pin_changes.reset_pin(shop, "1001", "7193", parameters=FAST).saved.result()
    assert isinstance(operators.sign_on(shop, "1001", "7193"), operators.SignedOn)


def test_the_recovery_code_serves_once_and_prints_the_next(shop):
    code = pin_changes.make_recovery_code()
    pin_changes.install_recovery_code(shop.journal, code)
    typed = code.lower().replace("-", " ").replace("0", "o")
    done = pin_changes.reset_pin(shop, "8001", "719352", recovery_code=typed, parameters=FAST)
    assert isinstance(done, pin_changes.PinChanged)
    done.saved.result()
    assert isinstance(operators.sign_on(shop, "8001", "719352"), operators.SignedOn)
    again = pin_changes.reset_pin(shop, "8001", "719353", recovery_code=code, parameters=FAST)
    assert again.code == "wrong_recovery_code"
    fresh = pin_changes.reset_pin(
        shop, "8001", "719354", recovery_code=done.recovery_code, parameters=FAST
    )
    assert isinstance(fresh, pin_changes.PinChanged)


def test_guessing_recovery_codes_is_delayed_too(shop):
    pin_changes.install_recovery_code(shop.journal, pin_changes.make_recovery_code())
    codes = [
        pin_changes.reset_pin(shop, "8001", "719352", recovery_code="AAAA", parameters=FAST).code
        for _ in range(5)
    ]
    assert codes == ["wrong_recovery_code"] * 4 + ["locked_out"]


def test_the_last_person_who_may_change_operators_stays(shop):
    act_as(shop, "9001")
    operators.set_operator(shop, "8001", name="周建国", role="cashier").saved.result()
    refused = operators.set_operator(shop, "9001", name="系统管理员", role="admin", active=False)
    assert refused.code == "last_editor"


def test_a_new_operator_signs_on_with_the_pin_given(shop):
    act_as(shop, "8001")
    made = operators.set_operator(
        shop, "1003", name="新人", role="cashier", pin="7193", parameters=FAST
    )
    assert isinstance(made, operators.OperatorChanged)
    made.saved.result()
    assert isinstance(operators.sign_on(shop, "1003", "7193"), operators.SignedOn)


def test_the_language_chosen_is_spoken_again_at_the_next_sign_on(shop):
    operators.sign_on(shop, "1001", "2580")
    operators.choose_language(shop, "en").saved.result()
    operators.sign_off(shop)
    assert i18n.language() == "zh_CN"
    operators.sign_on(shop, "1001", "2580")
    assert i18n.language() == "en"


class FedOperator(msgspec.Struct, frozen=True, kw_only=True):
    operator_id: str
    name: str
    role: str
    language: str = ""
    active: bool = True
    salt: str = ""
    verifier: str = ""
    parameters: str = ""


def feed(till, version, pin, **values):
    """Let head office send an operator, as the uploader applies it."""
    import base64

    salt = bytes([version]) * 16
    pepper = load_pepper(till.home)
    row = FedOperator(
        **{
            "operator_id": "5001",
            "name": "总部人员",
            "role": "cashier",
            "salt": base64.b64encode(salt).decode(),
            "verifier": pin_hash(pin, salt, FAST),
            "parameters": FAST.text,
            **values,
        }
    )
    with ReferenceWriter.open(
        till.home, app_version="test", seal=lambda verifier: seal(pepper, verifier)
    ) as writer:
        writer.apply_version(version, Changes(operators=[row]))


def test_one_check_serves_operators_of_head_office_and_of_this_till(shop):
    feed(shop, 1, "7193")
    assert isinstance(operators.sign_on(shop, "5001", "7193"), operators.SignedOn)
    assert isinstance(operators.sign_on(shop, "1001", "2580"), operators.SignedOn)


def test_a_pin_changed_here_stands_until_head_office_sends_another(shop):
    feed(shop, 1, "7193")
    operators.sign_on(shop, "5001", "7193")
    pin_changes.change_pin(shop, "7193", "4862", parameters=FAST).saved.result()
    assert operators.sign_on(shop, "5001", "7193").code == "wrong_pin"
    assert isinstance(operators.sign_on(shop, "5001", "4862"), operators.SignedOn)
    feed(shop, 2, "9513")
    assert operators.sign_on(shop, "5001", "4862").code == "wrong_pin"
    assert isinstance(operators.sign_on(shop, "5001", "9513"), operators.SignedOn)


def test_somebody_whom_head_office_took_off_the_list_is_off_it_here_too(shop):
    feed(shop, 1, "7193")
    operators.sign_on(shop, "5001", "7193")
    pin_changes.change_pin(shop, "7193", "4862", parameters=FAST).saved.result()
    feed(shop, 2, "7193", active=False)
    assert operators.sign_on(shop, "5001", "4862").code == "wrong_pin"
    act_as(shop, "8001")
    refused = operators.set_operator(shop, "5001", name="我的人", role="manager")
    assert refused.code == "owned_by_head_office"


def test_a_stolen_verifier_does_not_open_the_till_without_its_pepper():
    stored = make_verifier("7193", b"p" * 32, parameters=FAST)
    assert check_pin("7193", b"p" * 32, stored)
    assert not check_pin("7193", b"q" * 32, stored)
    assert not check_pin("7194", b"p" * 32, stored)


def test_verifiers_without_parameters_are_of_the_default_cost():
    salt, pepper = b"s" * 16, b"p" * 32
    import base64

    sealed = seal(pepper, pin_hash("7193", salt, PARAMETERS))
    assert check_pin("7193", pepper, f"{base64.b64encode(salt).decode()}${sealed}")


@pytest.mark.parametrize(
    "stored",
    ["", "$", "m=1,t=1,p=1$c2FsdHNhbHQ=$x", "m=9999999,t=9,p=9$c2FsdHNhbHQ=$x", "a$b$c$d"],
)
def test_a_verifier_that_makes_no_sense_opens_nothing(stored):
    assert not check_pin("7193", b"p" * 32, stored, like=make_verifier("1", b"", parameters=FAST))


def test_a_replaced_verifier_names_what_it_replaced():
    fed = stored_verifier(FAST.text, "c2FsdHNhbHQ=", "sealed")
    own = make_verifier("7193", b"p" * 32, parameters=FAST, replaces=fed)
    assert own.startswith(f"over={mark_of(fed)}$")
    assert stands_over(own, fed)
    assert not stands_over(own, fed + "x")
    assert not stands_over("", fed)


def test_demo_people_are_those_of_the_sample_shop_who_work_here(shop):
    shown = operators.demo_operators(shop)
    assert [(one.operator_id, one.pin) for one in shown][:2] == [
        ("1001", "2580"),
        ("1002", "1470"),
    ]
