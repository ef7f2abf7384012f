"""What every customer display does, simulated or serial (D1)."""

import threading
import time

import pytest

from drivers.events import ConnectionState
from drivers.line_display.serial_display import SerialLineDisplay
from drivers.line_display.simulated import FakeLineDisplay, PtyLineDisplay
from drivers.ports import Lamp, LineDisplay, Shown
from drivers.registry import display_from_url
from tests.contract.counter_benches import display_profile

MODELS = ["vfd-escpos", "vfd-cd5220", "lcd-gbk", "led8n"]
COLA = Shown("可口可乐 500ml", "2 x 3.50", "7.00", Lamp.PRICE, plain="Cola 500ml")


class _Far:
    """A serial display and the driver that writes to it."""

    def __init__(self, model: str) -> None:
        self.profile = display_profile(model)
        self.glass = PtyLineDisplay(self.profile)
        self.states: list[ConnectionState] = []
        self.heard = threading.Event()
        self.display = display_from_url(
            f"serial:{self.glass.path}", self.profile, on_event=self._hear
        )
        assert isinstance(self.display, SerialLineDisplay)
        self.display.start()

    def _hear(self, event) -> None:
        self.states.append(event.state)
        self.heard.set()

    def until(self, what, timeout_s=5.0) -> None:
        end = time.monotonic() + timeout_s
        while not what(self.glass.model):
            self.glass.changed.clear()
            if what(self.glass.model):
                return
            assert self.glass.changed.wait(max(0, end - time.monotonic())), self.glass.model.rows

    def close(self) -> None:
        self.display.close()
        self.glass.close()


@pytest.fixture(params=MODELS)
def far(request):
    made = _Far(request.param)
    yield made
    made.close()


def test_both_are_line_displays(far):
    assert isinstance(far.display, LineDisplay)
    assert isinstance(FakeLineDisplay(far.profile), LineDisplay)


def test_the_far_end_shows_what_the_fake_one_says(far):
    fake = FakeLineDisplay(far.profile)
    for display in (far.display, fake):
        display.show(COLA)

    if far.profile.commands == "led8":
        far.until(lambda glass: glass.digits == "7.00" and glass.lamp is Lamp.PRICE)
    else:
        far.until(lambda glass: tuple(glass.rows) == fake.rows)
        assert fake.rows[1] == "2 x 3.50        7.00"
    assert far.glass.model.strange == 0


def test_clearing_leaves_nothing(far):
    far.display.show(COLA)
    far.until(lambda glass: glass.digits or any(glass.rows))
    far.display.clear()

    far.until(lambda glass: not glass.digits and not any(glass.rows))


def test_a_burst_ends_with_the_latest(far):
    for number in range(1, 201):
        far.display.show(Shown(f"item {number}", "", f"{number}.00", Lamp.TOTAL))

    if far.profile.commands == "led8":
        far.until(lambda glass: glass.digits == "200.00")
    else:
        far.until(lambda glass: glass.rows[0] == "item 200")


def test_a_stuck_display_delays_nobody(far):
    far.display.show(COLA)
    far.until(lambda glass: glass.digits or any(glass.rows))
    far.glass.stalled = True
    begun = time.monotonic()
    for number in range(5_000):
        far.display.show(Shown(f"item {number}", "", "1.00"))

    assert time.monotonic() - begun < 1


def test_it_goes_and_comes_back_with_what_is_to_be_shown(far):
    far.display.show(COLA)
    far.until(lambda glass: glass.digits or any(glass.rows))
    assert far.states == [ConnectionState.CONNECTED]
    far.heard.clear()
    far.glass.unplug()
    assert far.heard.wait(3)
    assert far.states[-1] is ConnectionState.DISCONNECTED
    far.glass.replug()

    far.until(lambda glass: glass.digits == "7.00" or glass.rows[1].endswith("7.00"))


def test_an_absent_display_is_no_error(tmp_path):
    states = []
    heard = threading.Event()

    def hear(event):
        states.append((event.state, event.detail))
        heard.set()

    display = display_from_url(
        f"serial:{tmp_path}/nothing", display_profile("led8n"), on_event=hear
    )
    assert isinstance(display, SerialLineDisplay)
    display.start()
    display.show(COLA)
    assert heard.wait(3)
    display.close()

    assert states == [(ConnectionState.DISCONNECTED, "no_hardware")]
