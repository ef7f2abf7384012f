"""`hq person` and `hq goods`: the same rules as on the pages, for whoever works at the machine."""

from __future__ import annotations

import json

import pytest

from sync.head_office import people, stores
from sync.head_office.cli import main
from sync.head_office.feed import Feed
from sync.protocol import FeedChanges, FeedItem
from tests.sync.head_office.office_kit import make_office


@pytest.fixture
def home(tmp_path):
    """A head office with a store, an item and people."""
    made = make_office(tmp_path)
    stores.add_store(made.office, "01")
    Feed(made.office).publish(
        FeedChanges(items=(FeedItem(item_code="A", name="酱油", unit="瓶"),))
    )
    for name, role in (
        ("wang", "clerk"),
        ("li", "goods"),
        ("zhang", "finance"),
        ("zhao", "quality"),
    ):
        people.set_password(made.office, name, "word", role)
    people.set_password(made.office, "sun", "word", "quality")
    made.office.close()
    return tmp_path


@pytest.fixture
def hq(home, capfd):
    """Run a command; returns (exit code, standard output, standard error)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        words = list(arguments)
        with pytest.raises(SystemExit) as ended:
            main([*words, "--home", str(home)])
        told = capfd.readouterr()
        return int(ended.value.code or 0), told.out.strip(), told.err

    return run


def test_an_order_is_written_audited_and_placed_from_the_command_line(hq):
    """SUP-02, SUP-05: three people, or exit 2 with the reason."""
    hq("goods", "supplier", "add", "S1", "--name", "海天", "--by", "wang")
    code, _out, err = hq(
        "goods", "po", "draft", "--by", "wang", "--store", "01", "--supplier", "S1",
        "--due", "2026-12-01", "--line", "A 24 2.50",
    )  # fmt: skip
    assert code == 2
    assert "not approved" in err
    assert hq("goods", "supplier", "approve", "S1", "--by", "zhang")[0] == 0
    code, order_id, _err = hq(
        "goods", "po", "draft", "--by", "li", "--store", "01", "--supplier", "S1",
        "--due", "2026-12-01", "--line", "A 24 2.50",
    )  # fmt: skip
    assert code == 0
    refused = hq("goods", "po", "audit", order_id, "--by", "li", "--store", "01")
    assert (refused[0], "somebody else" in refused[2]) == (2, True)
    assert hq("goods", "po", "audit", order_id, "--by", "nobody", "--store", "01")[0] == 2
    assert hq("goods", "po", "audit", order_id, "--by", "zhang", "--store", "01")[1] == "audited"
    assert hq("goods", "po", "place", order_id, "--by", "li", "--store", "01")[1] == "placed"
    shown = json.loads(hq("goods", "order", order_id, "--store", "01")[1])
    assert [event["action"] for event in shown["history"]] == ["entered", "audited", "placed"]
    listed = json.loads(hq("goods", "orders", "--state", "placed")[1])
    assert [one["order"]["order_id"] for one in listed] == [order_id]


def test_lists_go_in_and_come_out(hq, home):
    """Only what differs is published, and an exported list reads back as it was."""
    rules = home / "rules.csv"
    rules.write_text("item_code,supplier_id,case\nA,S1,12\n", encoding="utf-8")
    first = json.loads(hq("goods", "import-item-rules", str(rules), "--by", "li", "--json")[1])
    again = json.loads(hq("goods", "import", str(rules), "--by", "li", "--json")[1])
    assert (first["changed"], again["changed"]) == (1, 0)
    hostile = home / "suppliers.csv"
    hostile.write_text("supplier_id,name\nS1,=HYPERLINK(1)\n", encoding="utf-8")
    assert (
        hq("goods", "import-suppliers", str(hostile), "--by", "wang", "--approved-by", "li")[0]
        == 0
    )
    out = hq("goods", "export", "suppliers")[1]
    assert "'=HYPERLINK(1)" in out
    hostile.write_text(out, encoding="utf-8")
    back = json.loads(hq("goods", "import-suppliers", str(hostile), "--by", "wang", "--json")[1])
    assert back["changed"] == 0
    assert hq("goods", "import-item-rules", str(rules), "--by", "zhang")[0] == 2


def test_a_notice_is_issued_listed_and_lifted_by_another(hq):
    code, notice_id, _err = hq(
        "goods", "recall", "issue", "A", "--number", "N-1", "--reason", "glass",
        "--batches", "B01..B03", "--recall", "--by", "zhao",
    )  # fmt: skip
    assert code == 0
    listed = json.loads(hq("goods", "recall", "list")[1])
    assert listed[0]["notice"]["batches"] == ["B01", "B02", "B03"]
    assert hq("goods", "recall", "lift", notice_id, "--reason", "x", "--by", "zhao")[0] == 2
    code, _out, err = hq("hold", "lift", f"{notice_id}-1")
    assert (code, "of notice N-1" in err) == (2, True)
    lone = hq("hold", "add", "A", "--reason", "leaking")[1]
    assert hq("hold", "lift", lone)[0] == 0
    assert hq("goods", "recall", "lift", notice_id, "--reason", "x", "--by", "sun")[0] == 0
    assert json.loads(hq("goods", "recall", "list")[1]) == []


def test_a_dispatch_is_sent_and_its_copies_are_asked_for(hq):
    code, order_id, _err = hq(
        "goods", "dispatch", "send", "--by", "li", "--store", "01", "--line", "A 12"
    )
    assert code == 0
    assert (
        hq("goods", "dispatch", "copy-back", order_id, "goods", "--by", "li", "--store", "01")[0]
        == 0
    )
    assert json.loads(hq("goods", "dispatch", "copies")[1]) == []


def test_people_get_roles_and_nobody_orders_and_receives(hq, home):
    """CTL-05: a receiver's operator number is not given to whoever orders, and the other way round."""
    assert hq("person", "add", "chen", "--role", "finance")[0] == 0
    assert hq("person", "add", "chen", "--role", "finance")[0] == 2
    assert (
        hq("operator", "add", "3001", "--name", "r", "--role", "receiver", "--pin", "7531")[0] == 0
    )
    code, _out, err = hq("person", "change", "li", "--operator", "3001")
    assert (code, "two people" in err) == (2, True)
    assert hq("person", "change", "zhao", "--operator", "3001")[0] == 0
    assert hq("person", "change", "zhao", "--role", "goods")[0] == 2
    assert hq("person", "change", "li", "--operator", "1002")[0] == 0
    refused = hq("operator", "add", "1002", "--name", "x", "--role", "receiver", "--pin", "7531")
    assert refused[0] == 2
    assert (
        hq("operator", "add", "1002", "--name", "x", "--role", "cashier", "--pin", "7531")[0] == 0
    )
    listed = {one["name"]: one for one in json.loads(hq("person", "list")[1])}
    assert listed["li"]["operator_id"] == "1002"
    assert hq("person", "change", "chen", "--inactive")[0] == 0
    assert hq("goods", "supplier", "approve", "S1", "--by", "chen")[0] == 2
