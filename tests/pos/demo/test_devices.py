"""The demonstration's devices: every fault of the panel can be switched on and put right."""

from __future__ import annotations

import json

import pytest

from pos.demo.devices import _UNDONE_BY, Control, DemoDevices
from pos.services.simulation import Simulation
from pos.ui.flows.simulation import FAULTS


@pytest.fixture
def devices(tmp_path):
    made = DemoDevices(tmp_path)
    yield made
    made.close()


@pytest.fixture
def simulation(devices, tmp_path):
    control = Control(tmp_path / "control", devices)
    control.start()
    yield Simulation(tmp_path / "control")
    control.close()


@pytest.mark.parametrize(("fault", "mend"), [(fault, mend) for _name, fault, mend in FAULTS])
def test_a_fault_is_on_until_it_is_put_right(simulation, fault, mend):
    assert simulation.tell(*fault.split()) == "ok"
    assert simulation.faults() == {fault}
    assert simulation.tell(*mend.split()) == "ok"
    assert simulation.faults() == frozenset()
    assert _UNDONE_BY[fault] == mend


def test_everything_can_be_put_right_at_once(simulation, devices):
    for _name, fault, _mend in FAULTS:
        simulation.tell(*fault.split())
    assert len(simulation.faults()) > 10
    simulation.tell("recover")

    assert simulation.faults() == frozenset()
    assert devices.printer.model.ready
    assert not devices.scale.model.silent


def test_the_drawer_is_pushed_in_a_moment_later_unless_it_is_left_open(simulation, devices):
    devices.printer.model.drawer_open = True
    assert devices.printer.wait_for(lambda model: not model.drawer_open, 10)
    simulation.tell("drawer", "leave-open")
    devices.printer.model.drawer_open = True
    assert not devices.printer.wait_for(lambda model: not model.drawer_open, 5)
    simulation.tell("drawer", "close")
    assert not devices.printer.model.drawer_open


def test_goods_are_laid_on_the_scale(simulation, devices):
    assert simulation.tell("scale", "put", "768") == "ok"
    assert devices.scale.model.weight_g == 768


def test_a_word_that_nobody_knows_is_answered_with_all_that_there_are(simulation):
    answer = simulation.tell("printer", "explode")

    assert answer.startswith("? scan CODE")
    assert simulation.faults() == frozenset()


def test_slips_and_the_customers_display_come_as_one_line(simulation):
    assert json.loads(simulation.tell("receipt")) == ""
    assert json.loads(simulation.tell("display", "show")) == "\n"


def test_a_demonstration_that_is_gone_has_no_faults(tmp_path):
    with pytest.raises(FileNotFoundError):
        Simulation(tmp_path / "control").tell("states")
    assert Simulation(tmp_path / "control").faults() == frozenset()
