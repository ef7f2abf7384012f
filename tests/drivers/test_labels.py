"""Labels become commands that no text can add to; label printers' status is read with care."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.document import Cut, Document, Text
from drivers.document_json import dump_document, load_document
from drivers.document_layout import render_text
from drivers.errors import Illegal
from drivers.escpos.compiler import compile_counted
from drivers.escpos.encoder import clean
from drivers.escpos.profile import PrinterProfile
from drivers.label import Label, LabelField
from drivers.labels import tspl, zpl
from drivers.labels.placing import place
from drivers.labels.profile import LabelProfile, label_profile_from_mapping
from drivers.labels.simulated import LabelModel

PROFILES = Path(__file__).parents[2] / "config" / "printers" / "labels"
TSPL = LabelProfile("t")
ESCAPED_BY_NAME = LabelProfile("z", language="zpl", font="E:SIMSUN.FNT")
LANGUAGES = {"tspl": (tspl, TSPL), "zpl": (zpl, ESCAPED_BY_NAME)}
TSPL_COMMANDS = [b"SIZE", b"GAP", b"DIRECTION", b"CLS"]

hostile = st.text(
    st.one_of(
        st.characters(codec=None),
        st.sampled_from('"\\[]\r\n^~_,:\x1b!?{}%`農誠許功娇昞'),
    ),
    max_size=40,
)


def printed(language: str, label: Label) -> LabelModel:
    module, profile = LANGUAGES[language]
    model = LabelModel(language)
    model.receive(module.compile_labels(Document((label,)), profile).data)
    return model


@pytest.mark.parametrize("language", ["tspl", "zpl"])
@given(text=hostile, code=hostile)
@example('6"管 "\r\nPRINT 9,9\r\n', "^XZ^XA^PQ9")
@example('誠[R]誠["]', '"')
@example("誠", "昞\\")
@example('\\["]\\[R]', "_5E_7E^FD~JA")
@example("\x1b!R\x1b!?", "\x10\x04\x01")
def test_no_data_can_form_a_command(language, text, code):
    label = Label(104, 30, (LabelField(0, 0, text), LabelField(0, 99, code, symbology="CODE128")))

    model = printed(language, label)

    assert model.garbage == []
    assert len(model.labels) == 1
    assert model.take_output() == b""
    _, profile = LANGUAGES[language]
    wanted = [one.text.replace("\\", "＼") if language == "tspl" else one.text
              for one in place(label, profile)]  # fmt: skip
    assert [one.text.rstrip().replace("［", "[") for one in model.labels[0].fields] == [
        one.rstrip().replace("［", "[") for one in wanted
    ]
    known = {b"SIZE", b"GAP", b"DIRECTION", b"CLS", b"TEXT", b"BARCODE", b"PRINT"}
    known |= {b"XA", b"CI", b"PW", b"LL", b"FO", b"A@", b"FH", b"FD", b"FS", b"BY", b"BC", b"PQ"}
    assert set(model.commands) <= known | {b"XZ"}
    assert model.commands.count(b"PRINT") + model.commands.count(b"XZ") == 1


@given(hostile)
@example('a"b')
def test_quoted_text_holds_no_bare_quote_and_no_control_byte(text):
    data = tspl.quoted(clean(text))

    assert data.startswith(b'"')
    assert data.endswith(b'"')
    assert b'"' not in data[1:-1].replace(b'\\["]', b"")
    assert not any(byte < 0x20 or byte == 0x7F for byte in data)
    assert b"\\[R]" not in data
    assert b"\\[L]" not in data


@given(hostile)
def test_escaped_text_holds_no_command_byte(text):
    data = zpl.escaped(clean(text))

    assert not any(byte in b"^~,\r\n\x1b" for byte in data)


@pytest.mark.parametrize(
    ("value", "trouble", "busy"),
    [
        (0x00, "", False),
        (0x20, "", True),
        (0x01, "cover_open", False),
        (0x02, "printer_error", False),
        (0x04, "paper_end", False),
        (0x05, "paper_end", False),
        (0x08, "printer_error", False),
        (0x10, "offline", False),
        (0x40, "cover_open", False),
        (0x80, "printer_error", False),
    ],
)
def test_the_status_byte_of_tspl(value, trouble, busy):
    status, printing = tspl.decode_status(value)

    assert (status.trouble, printing, status.known) == (trouble, busy, True)


@given(st.integers(0, 255))
def test_only_ready_and_printing_are_good_news(value):
    status, _ = tspl.decode_status(value)

    assert status.ready == (value in (0x00, 0x20))


def test_the_status_lines_of_zpl():
    well = [
        b"030,0,0,0240,000,0,0,0,000,0,0,0",
        b"000,0,0,0,0,2,4,0,00000000,1,000",
        b"0000,0",
    ]
    status, busy = zpl.decode_status(well)
    assert (status.trouble, busy) == ("", False)
    for line, place_, value, trouble in (
        (0, 1, b"1", "paper_end"),
        (0, 2, b"1", "offline"),
        (1, 2, b"1", "cover_open"),
        (1, 3, b"1", "printer_error"),
    ):
        parts = well[line].split(b",")
        parts[place_] = value
        lines = [*well]
        lines[line] = b",".join(parts)
        assert zpl.decode_status(lines)[0].trouble == trouble


@given(st.lists(st.binary(max_size=60), max_size=5))
@example([b"1,2", b"", b""])
@example([b"\xb2" + b",0" * 11, b"0" + b",0" * 10, b"0"])
def test_any_lines_are_a_status_or_none(lines):
    found = zpl.decode_status(lines)

    assert found is None or found[0].known


@pytest.mark.parametrize("language", ["tspl", "zpl"])
def test_a_label_that_is_too_wide_and_one_that_is_none_are_refused(language):
    module, profile = LANGUAGES[language]
    for bad in (Document((Text("a"),)), Document((Label(200, 30, ()),)), Document(())):
        with pytest.raises(Illegal):
            module.compile_labels(bad, profile)


def test_a_text_is_cut_at_the_edge_and_a_wrong_code_stands_as_text():
    fields = (
        LabelField(0, 0, "农夫山泉饮用天然水", size=2),
        LabelField(0, 60, "12a", symbology="EAN13"),
        LabelField(999, 0, "outside"),
    )

    found = place(Label(40, 30, fields), TSPL)

    assert [(one.text, one.symbology) for one in found] == [("农夫山泉饮用", None), ("12a", None)]


def test_a_label_is_a_card_on_a_receipt_printer():
    label = Label(
        40,
        30,
        (
            LabelField(10, 100, "¥2.00", size=2),
            LabelField(10, 10, "农夫山泉"),
            LabelField(200, 10, "550ml"),
            LabelField(10, 150, "6901234567892", symbology="EAN13"),
        ),
    )

    document = Document((label,))

    assert load_document(dump_document(document)) == document
    assert render_text(document, 24) == (
        "农夫山泉           550ml\n￥2.00\n [EAN13 6901234567892]\n[cut]\n"
    )
    compiled = compile_counted(Document((Label(9, 9, (LabelField(0, 0, "😀"),)), Cut())),
                               PrinterProfile("p", 24, 384))  # fmt: skip
    assert compiled.substitutions == 1


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_profiles_that_ship_are_right(path):
    profile = label_profile_from_mapping(tomllib.loads(path.read_text(encoding="utf-8")))

    assert profile.name == path.stem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "epl"}, "language: expected one of 'tspl', 'zpl', got 'epl'"),
        ({"font": 'A"B'}, "font: expected plain ASCII without quotes"),
        ({"speed": 99}, "speed: expected 0 to 14, got 99"),
        ({"font_dots": True}, "font_dots: expected 8 to 96, got True"),
        ({"fonts": "x"}, "fonts: unknown"),
    ],
)
def test_a_wrong_profile_is_refused_with_what_was_expected(change, message):
    with pytest.raises(Illegal) as refused:
        label_profile_from_mapping({"name": "x"} | change)

    assert message in str(refused.value)


@given(st.lists(st.binary(max_size=40), max_size=5), st.sampled_from(["tspl", "zpl"]))
@example([b"PRINT a,b\r\nTEXT x,y,z,a,b,c,d\r\n", b"SIZE 1,2\r"], "tspl")
@example([b"^XA^FO1^PQx^A@N^FD_zz^XZ", b"~HS"], "zpl")
def test_the_simulation_takes_any_bytes(chunks, language):
    model = LabelModel(language)
    for chunk in chunks:
        model.receive(chunk)
