"""What customer displays are sent: cells, lamps, and never a command out of the catalogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.line_display.rendering import cleared, initial, lines, rendered
from drivers.line_display.simulated import DisplayModel
from drivers.ports import Lamp, Shown
from tests.contract.counter_benches import display_profile

LETTERS = ["vfd-escpos", "vfd-cd5220", "lcd-gbk"]
MODELS = [*LETTERS, "led8n"]


def test_the_bytes_of_an_escpos_display():
    data = rendered(display_profile("vfd-escpos"), Shown("Cola", "2 x 3.50", "7.00"))

    assert data == (
        b"\x1f$\x01\x01Cola                " + b"\x1f$\x01\x02" + b"2 x 3.50        7.00"
    )


def test_the_bytes_of_a_cd5220_display():
    data = rendered(display_profile("vfd-cd5220"), Shown("Cola", "", "7.00"))

    assert data == b"\x1bQACola                \r\x1bQB                7.00\r"


@pytest.mark.parametrize(
    ("lamp", "data"),
    [
        (Lamp.PRICE, b"\x1bs1\x1bQA12.50\r"),
        (Lamp.TOTAL, b"\x1bs2\x1bQA12.50\r"),
        (Lamp.RECEIVED, b"\x1bs3\x1bQA12.50\r"),
        (Lamp.CHANGE, b"\x1bs4\x1bQA12.50\r"),
    ],
)
def test_the_lamps_of_a_numeric_display(lamp, data):
    assert rendered(display_profile("led8n"), Shown(amount="12.50", lamp=lamp)) == data


def test_a_number_too_long_for_the_glass_is_left_out():
    profile = display_profile("led8n")

    assert b"QA" not in rendered(profile, Shown(amount="1,234,567.89"))
    assert b"QA123456.78\r" in rendered(profile, Shown(amount="123,456.78"))


def test_hanzi_go_to_a_display_that_has_them_and_the_plain_text_to_one_that_has_not():
    shown = Shown("可口可乐", "", "3.50", plain="Cola")

    assert lines(display_profile("lcd-gbk"), shown)[0] == "可口可乐"
    assert lines(display_profile("vfd-escpos"), shown)[0] == "Cola"


def test_a_display_behind_a_printer_is_chosen_and_the_printer_afterwards():
    from dataclasses import replace

    profile = replace(display_profile("vfd-escpos"), select=b"\x1b=\x02", deselect=b"\x1b=\x01")
    for data in (initial(profile), rendered(profile, Shown("a")), cleared(profile)):
        assert data.startswith(b"\x1b=\x02")
        assert data.endswith(b"\x1b=\x01")


@given(
    model=st.sampled_from(MODELS),
    upper=st.text(max_size=60),
    label=st.text(max_size=30),
    amount=st.text(max_size=30) | st.integers(-(10**12), 10**12).map(lambda n: f"{n / 100:,.2f}"),
    lamp=st.sampled_from(Lamp),
)
def test_no_text_is_a_command_and_no_line_is_too_long(model, upper, label, amount, lamp):
    profile = display_profile(model)
    glass = DisplayModel(profile)
    glass.feed(initial(profile))
    shown = Shown(upper, label, amount, lamp)
    glass.feed(rendered(profile, shown))

    assert glass.strange == 0
    assert not glass._pending
    assert all(len(row.encode("gbk")) <= profile.columns for row in glass.rows)
    if model == "led8n":
        assert glass.lamp is lamp
        assert not glass.digits or glass.digits == amount.replace(",", "")
    else:
        assert tuple(glass.rows) == tuple(row.rstrip() for row in lines(profile, shown))
