"""下载 Excel and CSV: what a clerk opens, what a formula cannot do, and revisions byte for byte."""

import csv
import datetime as dt
import io
import time
import zipfile
from typing import Any

import msgspec
import openpyxl
import pytest

from pos.domain.cart import LineKind
from sync.head_office import answers, changes, completeness, pull
from sync.head_office.answers import Question
from sync.head_office.exports import ranges, render_workbook
from sync.head_office.exports.headings import HEADINGS
from sync.head_office.exports.workbook import clean, data_columns
from sync.head_office.service import Service
from tests.sync.head_office.office_kit import DAY, JournalingTill, line, transaction

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "=HYPERLINK(1)",
    "{=1}",
    "http://example.org",
)


def sold(hq, *, closed=True, **more):
    till = JournalingTill(**more)
    till.open()
    till.open_day()
    lines = [line(1, "000123", 2000, 1550, discount_minor=50, description="红烧牛肉面")]
    till.sell(transaction(1, lines))
    till.sell(transaction(2, [line(1, "000123", -1000, -775, kind=LineKind.RETURN)]))
    if closed:
        till.close_day()
    hq.take(till)
    return till


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def xlsx(hq, by="store", **more):
    return answers.ask(hq.office, Question(business_day=DAY, by=by), fmt="xlsx", **more)


def rows(book):
    """数据 as dicts by heading."""
    sheet = book["数据"]
    titles = [cell.value for cell in sheet[2]]
    return [dict(zip(titles, row, strict=True)) for row in sheet.iter_rows(3, values_only=True)]


def test_completeness_comes_first_then_data_then_changes(hq):
    sold(hq)

    book = opened(xlsx(hq).data)

    assert book.sheetnames == ["完整性", "数据", "变更"]
    assert book["完整性"]["B2"].value == "完整"
    assert book["完整性"].sheet_properties.tabColor is None


def test_a_day_that_is_not_complete_is_red_and_names_each_missing_till(hq):
    sold(hq)
    sold(hq, workstation_id="2", workstation_uuid="uuid-2", epoch="epoch-2", closed=False)

    sheet = opened(xlsx(hq).data)["完整性"]

    assert sheet["B2"].value.startswith("不完整:缺 1 个")
    assert sheet["B2"].fill.start_color.rgb == "FFC00000"
    assert sheet.sheet_properties.tabColor.rgb == "FFC00000"
    tills = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], dt.datetime)]
    assert [(row[3], row[4]) for row in tills] == [("2", "尚未日结"), ("1", "已日结,已全部上传")]
    assert tills[0][8] == "不详"


def test_money_is_a_number_a_code_is_text_and_a_day_is_a_date(hq):
    sold(hq)

    (row,) = rows(opened(xlsx(hq, by="item").data))

    assert row["商品编码"] == "000123"
    assert row["营业日"] == dt.datetime.fromisoformat(DAY)
    assert (row["原价额"], row["优惠额"], row["销售额(优惠后)"]) == (16.0, 0.5, 15.5)
    assert (row["退货额"], row["作废额"], row["其他"], row["净额"]) == (7.75, 0, 0, 7.75)
    assert row["销售数量"] == 2


def test_every_heading_has_its_definition_and_the_order_never_changes(hq):
    sold(hq)

    sheet = opened(xlsx(hq).data)["数据"]

    names = [cell.value.rpartition("\n")[2] for cell in sheet[1]]
    assert names == [
        *("store_id", "business_day", "currency", "transactions", "lines", "sale_lines"),
        *("return_lines", "void_lines", "adjust_lines", "other_lines", "units_sold"),
        *("units_returned", "units_voided", "units_adjusted", "list_amount", "discounts"),
        *("gross_sales", "returns", "voids", "other", "net"),
    ]
    assert [cell.value for cell in sheet[2]] == [HEADINGS[name].title for name in names]


@pytest.mark.parametrize(
    "by", ["store", "workstation", "item", "operator", "class", "hour", "tender"]
)
def test_every_grouping_makes_a_workbook_with_the_answer_s_own_rows(hq, by):
    sold(hq)
    told = msgspec.json.decode(
        answers.ask(hq.office, Question(business_day=DAY, by=by)).data, type=answers.Content
    )

    found = rows(opened(xlsx(hq, by=by).data))

    assert len(found) == len(told.rows)
    money = "收款额" if by == "tender" else "净额"
    name = "amount" if by == "tender" else "net"
    assert [f"{row[money]:.2f}" for row in found] == [row[name] for row in told.rows]
    assert {HEADINGS[column].title for column in data_columns(told)} == set(found[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula_or_a_link_in_a_workbook(hq, text):
    till = JournalingTill()
    till.open()
    till.open_day()
    till.sell(transaction(1, [line(1, text, 1000, 100, description=text, item_class=text)]))
    hq.take(till)

    data = xlsx(hq, by="item").data
    (row,) = rows(opened(data))

    shown = text.replace("\r", "\ufffd")
    assert (row["商品编码"], row["商品名称"]) == (shown, shown)
    for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
        part = zipfile.ZipFile(io.BytesIO(data)).read(name)
        assert b"<f>" not in part
        assert b"<hyperlink" not in part


@pytest.mark.parametrize("text", HOSTILE[:10])
def test_csv_guards_text_columns_alone(hq, text):
    till = JournalingTill()
    till.open()
    till.open_day()
    back = line(1, text, -1000, -100, kind=LineKind.RETURN, description=text)
    till.sell(transaction(1, [back]))
    hq.take(till)

    answer = answers.ask(hq.office, Question(business_day=DAY, by="item"), fmt="csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))

    assert (row["item_code"], row["description"]) == (f"'{text}", f"'{text}")
    assert row["net"] == "-1.00"  # a number, not a text with a quote before it


def test_text_that_xml_cannot_hold_is_replaced_and_what_is_too_long_is_cut():
    assert clean("a\x00b\x1b\ufffe") == "a\ufffdb\ufffd\ufffd"
    assert clean("柜\t台\n") == "柜\t台\n"
    assert len(clean("x" * 40_000)) == 32_767


def test_the_same_answer_gives_the_same_bytes_at_any_time(hq):
    sold(hq)
    content = msgspec.json.decode(
        answers.ask(hq.office, Question(business_day=DAY)).data, type=answers.Content
    )

    first = render_workbook([content])
    time.sleep(2.1)  # a ZIP's times have a step of two seconds; the clock must not be in the bytes
    assert render_workbook([content]) == first

    # The control: another revision is another file.
    assert render_workbook([msgspec.structs.replace(content, revision=2)]) != first


def test_a_late_sale_makes_a_new_revision_and_the_old_one_stays_byte_for_byte(hq):
    till = sold(hq)
    first = xlsx(hq)
    hq.clock.now_ms += 60_000
    till.sell(transaction(3, [line(1, "000123", 1000, 800)]))
    hq.take(till)

    second = xlsx(hq)

    assert (first.file_name, second.file_name) == (
        f"日销售_{DAY}_r1.xlsx",
        f"日销售_{DAY}_r2.xlsx",
    )
    assert xlsx(hq, revision=1).data == first.data
    assert second.data != first.data


def test_the_sheet_of_changes_says_what_moved_from_what_to_what(hq):
    till = sold(hq)
    xlsx(hq)
    hq.clock.now_ms += 60_000
    till.sell(transaction(3, [line(1, "000123", 1000, 800)]))
    hq.take(till)

    sheet = opened(xlsx(hq).data)["变更"]

    told = {row[6]: row[7:9] for row in sheet.iter_rows(2, values_only=True) if row[3]}
    assert told["净额"] == (7.75, 15.75)
    assert told["交易笔数"] == (2, 3)
    assert told["状态"] == ("已日结,已全部上传", "Z 单与已上传的数不一致")
    assert "退货额" not in told


def test_changes_name_rows_that_came_and_rows_that_went():
    row = {"store_id": "1", "currency": "CNY", "item_code": "A", "net": "5.00", "voids": "0.00"}
    options: dict[str, Any] = {
        "columns": tuple(row),
        "key_column": "item_code",
        "revision": 2,
        "created_utc_ms": 9,
    }

    (came,) = changes.differences([], [row], **options)
    (went,) = changes.differences([row], [], **options)

    assert (came.key, came.column, came.before, came.after) == ("A", "net", "", "5.00")
    assert (went.before, went.after) == ("5.00", "")
    assert changes.differences([row], [dict(row)], **options) == []


def test_pull_writes_the_workbook_under_its_name(hq, tmp_path):
    sold(hq)

    saved = pull.pull_from_home(
        hq.office, business_day=DAY, out=tmp_path, fmt="xlsx", by="store", store="", revision=None
    )

    assert saved.path.name == f"日销售_{DAY}_r1.xlsx"
    assert opened(saved.path.read_bytes()).sheetnames[0] == "完整性"


# ----------------------------------------------------------------------------------- ranges


def asked(hq, days, by="store"):
    service = Service(hq.office)
    question = ranges.question_of(days, store_id="", by=by)
    told = [ranges.ask_day(service, Question(business_day=day, by=by)) for day in days]
    number = ranges.ask_range(hq.office, question, told)
    found = answers.find_file(hq.office, question, number, "json")
    assert found is not None
    return found


def test_a_range_holds_each_day_s_answer_and_adds_nothing_across_days(hq):
    till = sold(hq)
    till.business_day = "2026-11-22"
    till.open_day()
    till.sell(transaction(3, [line(1, "A", 1000, 800)]))
    hq.take(till)

    found = asked(hq, ranges.days_between(DAY, "2026-11-22"))
    book = opened(ranges.render(found.data, "xlsx"))

    assert found.file_name == f"日销售_{DAY}_2026-11-22_r1.json"
    assert [(row["营业日"].day, row["净额"]) for row in rows(book)] == [(21, 7.75), (22, 8.0)]
    assert book["完整性"]["B2"].value.startswith("不完整")
    text = ranges.render(found.data, "csv").decode("utf-8-sig")
    assert [row["business_day"] for row in csv.DictReader(io.StringIO(text))] == [
        DAY,
        "2026-11-22",
    ]


def test_a_range_gets_a_new_revision_only_when_one_of_its_days_moved(hq):
    till = sold(hq)
    days = ranges.days_between("2026-11-20", DAY)
    first = asked(hq, days)
    again = asked(hq, days)
    assert (again.revision, again.data) == (1, first.data)

    hq.clock.now_ms += 60_000
    till.sell(transaction(3, [line(1, "A", 1000, 800)]))
    hq.take(till)
    second = asked(hq, days)

    assert second.revision == 2
    kept = answers.find_file(
        hq.office, ranges.question_of(days, store_id="", by="store"), 1, "json"
    )
    assert kept is not None
    assert kept.data == first.data


def test_a_range_that_is_too_long_or_upside_down_is_refused():
    with pytest.raises(ranges.RangeTooLargeError):
        ranges.days_between("2026-01-01", "2026-04-04")
    with pytest.raises(ValueError, match="first day"):
        ranges.days_between("2026-01-02", "2026-01-01")
    assert len(ranges.days_between("2026-01-01", "2026-04-03")) == ranges.MAX_DAYS


def test_every_state_has_a_word_in_the_workbook_and_on_the_page():
    from sync.head_office.dashboard import texts
    from sync.head_office.exports.headings import STATES

    codes = set(STATES) | {completeness.COMPLETE, completeness.PARTIAL}
    assert codes == set(texts.STATES)
    assert set(STATES) > completeness.DONE
