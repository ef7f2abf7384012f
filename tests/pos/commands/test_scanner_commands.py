"""`pos scale-labels`, `pos command-sheet` and `pos scan-test` as a shop runs them."""

import json
import subprocess
import sys

import pytest

from drivers.fakes import PtyPrinter, PtyScanner
from pos.config import load_settings
from pos.scanners import scanner_profile
from tests.pos.commands.conftest import pos

ONE = "261012301234003561,10123,0.356kg,12.34"
TWO = "267045900987012785,70459,2.556斤,9.87"


def test_two_labels_write_their_layout_into_the_settings(home):
    ran = pos(
        "scale-labels", "--label", ONE, "--label", TWO, "--name", "scale", "--yes", home=home
    )

    assert ran.code == 0, ran.err
    assert "26IIIIIPPPPPWWWWWC" in ran.out
    assert "10123  0.356 kg  ¥12.34" in ran.out
    layouts = load_settings(home).barcode.layouts()
    assert (layouts[0].name, layouts[0].pattern, layouts[0].check) == (
        "scale",
        "26IIIIIPPPPPWWWWWC",
        True,
    )
    assert {one.pattern for one in layouts[1:]} == {"21IIIIIWWWWWC", "22IIIIIPPPPPC"}


def test_the_wizard_asks_for_what_is_printed(home):
    answers = "261012301234003561\n10123\n0.356\n12.34\n34.66\n267045900987012785\n70459\n1278 g\n9.87\n\nn\n"
    ran = pos("scale-labels", stdin=answers, home=home)

    assert ran.code == 0, ran.err
    assert "26IIIIIPPPPPWWWWWC" in ran.out
    assert load_settings(home).barcode.layouts()[0].name == "weight"  # not written


@pytest.mark.parametrize(
    ("labels", "code", "said"),
    [
        ([ONE, ONE], 2, "the same label"),
        (["1,2,3"], 2, "Expected CODE,ITEM,WEIGHT,AMOUNT"),
        ([ONE, TWO.replace("9.87", "1.11")], 1, "No layout explains"),
        ([ONE, "267045900987012785,70459,heavy,9.87"], 2, "Expected a weight"),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_what_to_do(home, labels, code, said):
    ran = pos(
        "scale-labels", "--yes", *[part for one in labels for part in ("--label", one)], home=home
    )

    assert (ran.code, said in ran.err) == (code, True), ran.err


def test_the_sheet_is_shown_printed_and_listed(home):
    assert "[CODE128 $POS:PARK]" in pos("command-sheet", home=home).out
    assert {"code": "$POS:QTY2", "does": "Next scan × 2"} in pos(
        "command-sheet", "--json", home=home
    ).json
    with PtyPrinter(columns=48) as printer:
        ran = pos("command-sheet", "--printer", printer.url, home=home)
        assert ran.code == 0, ran.err
        assert "$POS:CASH" in printer.receipts()[0].barcodes


def test_scan_test_shows_profile_framing_identifier_meaning_and_source(home):
    with PtyScanner(profile=scanner_profile("zebra-ssi")) as far:
        arguments = [
            "scan-test",
            "--scanner",
            far.url,
            "--count",
            "3",
            "--timeout",
            "20",
            "--json",
        ]
        with subprocess.Popen(
            [sys.executable, "-m", "pos", *arguments, "--home", str(home)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            assert (first["profile"], first["framing"], first["acknowledges"]) == (
                "zebra-ssi",
                "ssi",
                True,
            )
            assert json.loads(process.stdout.readline())["event"] == "connected"
            far.scan("6901234567892", "]E0")
            far.scan("134567890123456789", "]Q1")
            far.scan(b"010690123456789217261130\x1d10AB", "]C1")
            scans = [json.loads(process.stdout.readline()) for _ in range(3)]

        assert [(one["source"], one["identifier"], one["meaning"]) for one in scans] == [
            ("scanner1", "]E0", "Gtin"),
            ("scanner1", "]Q1", "Unknown"),
            ("scanner1", "]C1", "Gs1Message"),
        ]
        assert "134567890123456789" not in json.dumps(scans)  # a payment code is nobody's to read
        assert (scans[2]["expiry"], scans[2]["batch"]) == ("2026-11-30", "AB")
