"""The words of 日销售 workbooks: columns with their definitions, states, sheet names.

A workbook is a file format: whoever asks for a revision gets the same bytes, whatever language
their page speaks. So its words are Chinese, fixed here, and no catalogue translates them; every
column also carries the field's name of the API.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sync.head_office import completeness

SHEET_COMPLETENESS = "完整性"
SHEET_DATA = "数据"
SHEET_CHANGES = "变更"


class CellKind(Enum):
    """How a column's values are written."""

    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    QUANTITY = "quantity"
    MONEY = "money"


class Heading(NamedTuple):
    """One column of the sheet 数据."""

    title: str
    definition: str
    kind: CellKind
    width: int = 12


HEADINGS: dict[str, Heading] = {
    "store_id": Heading("门店", "门店编号", CellKind.TEXT, 10),
    "business_day": Heading("营业日", "收银台的营业日,不是自然日", CellKind.DATE, 12),
    "currency": Heading("币种", "不同币种不相加", CellKind.TEXT, 8),
    "workstation_id": Heading("收银台", "收银台编号", CellKind.TEXT, 10),
    "item_code": Heading("商品编码", "区分大小写的商品编码", CellKind.TEXT, 18),
    "description": Heading("商品名称", "当日最后一次使用的名称", CellKind.TEXT, 28),
    "operator_id": Heading("收银员", "收银员工号", CellKind.TEXT, 12),
    "item_class": Heading("类别", "商品类别编码", CellKind.TEXT, 12),
    "hour": Heading("时段", "成交的钟点(00–23)", CellKind.TEXT, 8),
    "tender_type": Heading("付款方式", "付款方式编号", CellKind.TEXT, 14),
    "transactions": Heading("交易笔数", "有商品行的交易数", CellKind.COUNT, 10),
    "lines": Heading("行数", "各类行数之和", CellKind.COUNT, 9),
    "sale_lines": Heading("销售行", "销售行数", CellKind.COUNT, 9),
    "return_lines": Heading("退货行", "退货行数", CellKind.COUNT, 9),
    "void_lines": Heading("作废行", "作废(冲销)行数", CellKind.COUNT, 9),
    "adjust_lines": Heading("库存调整行", "只动库存、不动金额的行数", CellKind.COUNT, 11),
    "other_lines": Heading("其他行", "非商品金额的行数(如抹零)", CellKind.COUNT, 9),
    "units_sold": Heading("销售数量", "销售行数量合计", CellKind.QUANTITY),
    "units_returned": Heading("退货数量", "退货行数量合计,记为正数", CellKind.QUANTITY),
    "units_voided": Heading("作废数量", "作废行数量合计,记为正数", CellKind.QUANTITY),
    "units_adjusted": Heading("调整数量", "库存调整行数量合计,减少为正", CellKind.QUANTITY),
    "list_amount": Heading("原价额", "销售额(优惠后)+ 优惠额", CellKind.MONEY, 14),
    "gross_sales": Heading("销售额(优惠后)", "销售行金额合计,已减优惠", CellKind.MONEY, 16),
    "discounts": Heading("优惠额", "所有行减让的金额合计", CellKind.MONEY, 14),
    "returns": Heading("退货额", "退货行金额合计,记为正数", CellKind.MONEY, 14),
    "voids": Heading("作废额", "作废行金额合计,记为正数", CellKind.MONEY, 14),
    "other": Heading("其他", "非商品金额合计(如抹零)", CellKind.MONEY, 12),
    "net": Heading("净额", "销售额 − 退货额 − 作废额 + 其他", CellKind.MONEY, 14),
    "tenders": Heading("付款次数", "付款记录数,找零另计一次", CellKind.COUNT, 10),
    "amount": Heading("收款额", "收款合计;现金已减找零", CellKind.MONEY, 14),
}

COLUMNS_AFTER_KEY = (
    "transactions",
    "lines",
    "sale_lines",
    "return_lines",
    "void_lines",
    "adjust_lines",
    "other_lines",
    "units_sold",
    "units_returned",
    "units_voided",
    "units_adjusted",
    "list_amount",
    "discounts",
    "gross_sales",
    "returns",
    "voids",
    "other",
    "net",
)

GROUPINGS = {
    "store": "门店",
    "workstation": "收银台",
    "item": "商品",
    "operator": "收银员",
    "class": "类别",
    "hour": "时段",
    "tender": "付款方式",
}

STATUSES = {completeness.COMPLETE: "完整", completeness.PARTIAL: "不完整"}

STATES = {
    completeness.UPLOADED: "已日结,已全部上传",
    completeness.NOT_TRADING: "未营业(已声明)",
    completeness.WAIVED: "财务已豁免",
    completeness.NOT_OPENED: "没有开业记录",
    completeness.OPEN: "尚未日结",
    completeness.CLOSED_NOT_UPLOADED: "已日结,尚未全部上传",
    completeness.DIFFERENT: "Z 单与已上传的数不一致",
}


def state_name(code: str) -> str:
    """Chinese name of a till-day's or a day's state; an unknown one stays as it is."""
    return STATES.get(code) or STATUSES.get(code, code)
