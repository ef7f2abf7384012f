"""`hq stock …`, and registers that stay open too long (REG-05, REG-06)."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from pos.domain.goods.documents import DocumentKind
from sync.head_office import goods_overdue
from sync.head_office.cli import cli
from tests.sync.head_office.goods_kit import document, goods_line, post
from tests.sync.head_office.office_kit import NOW_MS, JournalingTill, make_office
from tests.sync.head_office.stock_chain import StockChain

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = StockChain(tmp_path_factory.mktemp("chain") / "hq", sales_a_day=2, days=2)
    yield made
    made.close()


def hq(chain, *arguments, code=0):
    done = CliRunner().invoke(cli, ["stock", *arguments, "--home", str(chain.folder)])
    assert done.exit_code == code, done.output
    return done.stdout


def test_the_report_is_printed_as_json_and_csv(chain):
    period = ("--from", chain.days[0], "--to", chain.last_day)
    rows = json.loads(hq(chain, "report", "--store", "001", *period))
    files = list(
        csv.DictReader(io.StringIO(hq(chain, "report", "--store", "001", "--csv", *period)))
    )
    assert len(rows) == len(files) > 50
    assert rows[0]["closing"] == files[0]["closing"]


def test_an_items_figures_and_movements_are_printed(chain):
    code = chain._goods[0][0]
    (found,) = json.loads(hq(chain, "item", "--store", "002", code))
    assert found["item_code"] == code
    assert "NO-t-in" in {line["document_no"] for line in found["movements"]}
    done = CliRunner().invoke(
        cli, ["stock", "item", "--store", "002", "nothing", "--home", str(chain.folder)]
    )
    assert isinstance(done.exception, LookupError)


def test_transfers_ledgers_and_targets_are_printed_and_set(chain):
    found = json.loads(hq(chain, "transfers", "--open"))
    assert [one["document_no"] for one in found] == ["NO-t-under-way"]
    short = json.loads(hq(chain, "transfers", "--store", "002"))
    assert {line["difference_milli"] for one in short for line in one["differences"]} == {-2000}
    differs = json.loads(hq(chain, "ledger", code=1))
    assert [one["equal"] for one in differs].count(False) == 1
    assert json.loads(hq(chain, "ledger", "--store", "001"))[0]["equal"]
    hq(chain, "target", "001", "5000")
    assert chain.hq.office.setting("stock_target_minor.001") == "500000"
    hq(chain, "work")


def test_goods_lent_or_not_delivered_for_too_long_are_listed_until_they_are_cleared(tmp_path):
    made = make_office(tmp_path)
    till = JournalingTill()
    till.open()
    post(till, document("loan", [goods_line(1, "A", 3)], kind=DocumentKind.LOAN_OUT))
    post(
        till, document("hold", [goods_line(1, "B", 1)], kind=DocumentKind.DISPATCH_HOLD, people=())
    )
    back = [goods_line(1, "A", 2)]
    post(till, document("back", back, kind=DocumentKind.LOAN_RETURN, reference="NO-loan"))
    made.take(till)
    made.clock.now_ms = NOW_MS + 2 * DAY_MS
    soon = goods_overdue.open_entries(made.office)
    assert {(one.document_no, one.left_milli, one.overdue) for one in soon} == {
        ("NO-loan", 1000, False),
        ("NO-hold", 1000, False),
    }
    made.clock.now_ms = NOW_MS + 10 * DAY_MS
    later = goods_overdue.open_entries(made.office, only_overdue=True)
    assert [one.document_no for one in later] == ["NO-hold"]
    post(till, document("rest", back[:1], kind=DocumentKind.LOAN_RETURN, reference="NO-loan"))
    done = document("done", [goods_line(1, "B", 1)], kind=DocumentKind.DISPATCH_DONE,
                    people=(), reference="NO-hold")  # fmt: skip
    post(till, done)
    made.take(till, 5)
    made.clock.now_ms = NOW_MS + 90 * DAY_MS
    assert goods_overdue.open_entries(made.office) == []
    made.office.close()
