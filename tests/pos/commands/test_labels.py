"""`pos labels`: the list, the print, the tick and the preview, on simulated label printers."""

from drivers.labels.fakes import PtyLabelPrinter, labels_of
from tests.pos.commands.conftest import pos


def settings(home, url):
    with (home / "guitai.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[[printer]]\nname = "标签机"\nrole = "label"\nurl = "{url}"\n'
            'profile = "tspl-203"\n\n[price_card]\nmarks = ["name", "price"]\n'
        )


def test_cards_are_listed_printed_and_leave_the_list(home, tmp_path):
    with PtyLabelPrinter() as printer:
        settings(home, printer.url)
        before = pos("labels", "list", home=home)
        assert (before.code, before.out) == (0, "0 cards to change\n")
        cheaper = tmp_path / "changed.csv"
        first = pos("labels", "preview", "100001", "--kind", "shelf", home=home)
        assert first.code != 0
        assert "100001" in first.err
        code, name = some_item(home)
        cheaper.write_text(f"item_code,name,price\n{code},{name},88.80\n", encoding="utf-8")
        assert pos("import", cheaper, "--effective-day", "2026-11-20", home=home).code == 0

        listed = pos("labels", "list", "--json", home=home).json
        assert [(one["item_code"], one["unit_price_e4"]) for one in listed] == [(code, 888_000)]
        shown = pos("labels", "preview", code, home=home)
        assert "￥88.80" in shown.out
        printer.run_out_of_paper()
        refused = pos("labels", "print", "--due", home=home)
        assert refused.code != 0
        assert "paper" in refused.err
        printer.load_paper()
        done = pos("labels", "print", "--due", "--copies", "2", home=home)
        assert done.code == 0, done.err
        assert len(labels_of(printer)) == 2
        assert "￥88.80" in labels_of(printer)[0].text
        assert pos("labels", "list", "--json", home=home).json == []


def some_item(home):
    import sqlite3

    connection = sqlite3.connect(home / "reference.db")
    row = connection.execute(
        "SELECT item_code, name FROM item WHERE item_code IN (SELECT item_code FROM price) LIMIT 1"
    ).fetchone()
    connection.close()
    return row


def test_without_a_label_printer_it_says_so(home):
    code, _ = some_item(home)

    said = pos("labels", "print", code, "--kind", "barcode", home=home)

    assert said.code != 0
    assert "no printer for labels" in said.err
    ticked = pos("labels", "done", code, home=home)
    assert (ticked.code, ticked.out) == (0, "✓ 1 card noted\n")
    lacking = pos("labels", "print", code, home=home)
    assert lacking.code != 0
    assert "no printer for labels" in lacking.err


def test_a_printer_profile_that_is_not_there_is_named_by_the_check(home):
    with (home / "guitai.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[printer]]\nname = "x"\nrole = "label"\nurl = "sim:"\nprofile = "none"\n')

    said = pos("config", "check", home=home)

    assert said.code != 0
    assert "tspl-203" in said.err + said.out
