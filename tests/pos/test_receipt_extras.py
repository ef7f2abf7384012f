"""The logo and the electronic receipt's code on the slip; paper and preview stay equal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.document import Picture, QrCode, StoredPicture
from drivers.document_layout import render_text
from drivers.escpos.compiler import compile_document
from drivers.escpos.decoder import read_paper
from drivers.escpos.profile import PrinterProfile
from pos.config import load_settings, with_values
from pos.receipt import receipt_document
from pos.services.printer_profiles import (
    logo,
    preview,
    printer_profile,
    printer_url,
    receipt_profile,
)
from tests.pos.test_receipt import BAG, WATER, cash, facts, transaction

PRINTER = PrinterProfile("p", columns=32, dots=384, module_dots_max=2)


def test_the_logo_stands_first_and_the_electronic_receipt_last():
    slip = receipt_document(
        transaction([WATER, BAG], cash(500, 110)),
        facts(logo=StoredPicture(1), e_receipt_url="https://r.example.cn/{number}?t={total}"),
    )

    assert slip.elements[0] == StoredPicture(1)
    codes = [one for one in slip.elements if isinstance(one, QrCode)]
    assert codes == [QrCode("https://r.example.cn/0101-20261121-0042?t=3.90")]
    (receipt,) = read_paper(compile_document(slip, PRINTER), 32).receipts
    assert receipt.qr_codes == ("https://r.example.cn/0101-20261121-0042?t=3.90",)
    assert receipt.text + "[cut]\n" == render_text(slip, 32)


def test_a_training_slip_has_no_electronic_receipt():
    slip = receipt_document(
        transaction([WATER], cash(360)),
        facts(training=True, e_receipt_url="https://r.cn/{number}"),
    )

    assert not any(isinstance(one, QrCode) for one in slip.elements)


@given(st.text(st.characters(codec=None), max_size=40), st.text(max_size=30))
def test_no_name_or_number_leaves_its_place_on_the_slip(name, number):
    line = type(WATER)(
        **{f: getattr(WATER, f) for f in WATER.__struct_fields__} | {"description": name}
    )
    slip = receipt_document(
        transaction([line], cash(360), transaction_no=number),
        facts(e_receipt_url="https://r.example.cn/{number}"),
    )

    paper = read_paper(compile_document(slip, PRINTER), 32)

    assert paper.garbage == ()
    assert paper.drawer_kicks == ()


def test_the_settings_name_the_logo(tmp_path):
    from PIL import Image

    settings = load_settings(tmp_path)
    Image.new("1", (100, 40)).save(tmp_path / "logo.png")

    assert logo("", settings) is None
    assert logo("nv:2", settings) == StoredPicture(2)
    assert isinstance(logo(str(tmp_path / "logo.png"), settings), Picture)
    assert logo(str(tmp_path / "none.png"), settings) is None


def test_the_shops_own_settings_go_over_the_profile(tmp_path):
    shipped = load_settings(tmp_path)
    assert printer_profile(shipped) == receipt_profile("generic-80")
    (tmp_path / "guitai.toml").write_text(
        '[printer]\nurl = "serial:/dev/ttyS1"\nbaudrate = 19200\nflow_control = "rts-cts"\n'
        "status_timeout_ms = 500\n[drawer]\npin = 5\npulse_ms = 200\n",
        encoding="utf-8",
    )
    own = load_settings(tmp_path)

    profile = printer_profile(own)
    assert (profile.drawer_pin, profile.drawer_pulse_ms, profile.status_timeout_ms) == (
        5,
        200,
        500,
    )
    assert printer_url(own) == ("serial:/dev/ttyS1?baudrate=19200&bytesize=8&parity=N&flow=rtscts")
    without = with_values(own, {"drawer.attached": False}, "tests")
    assert printer_profile(without).drawer_pin == 0
    assert printer_url(with_values(own, {"printer.url": "tcp:10.0.0.1:9100"}, "t")) == (
        "tcp:10.0.0.1:9100"
    )


@pytest.mark.parametrize("profile", ["generic-58", "raster-58", "epson-tm-t88", "impact-76"])
def test_the_preview_has_the_cells_of_the_profile(tmp_path, profile):
    settings = with_values(load_settings(tmp_path), {"printer.profile": profile}, "tests")
    columns = receipt_profile(profile).columns

    text = preview(
        receipt_document(transaction([WATER], cash(360)), facts(columns)), columns, settings
    )

    assert all(len(line.encode("gbk")) <= columns for line in text.splitlines())
