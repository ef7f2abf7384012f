"""Chinese of the slips' words, as the golden slips are printed; the catalogues must say the same."""

from __future__ import annotations

ZH = {
    "Address": "地址",
    "Amount": "金额",
    "Approved by": "授权人",
    "Business day": "营业日",
    "CHANGE BROUGHT": "备用金送入",
    "Carried over": "结转未了事项",
    "Cash rounding": "现金舍入",
    "Cashier": "收银员",
    "Change": "找零",
    "Closed by": "日结人",
    "DRAWER OPENED": "开钱箱",
    "Discount": "优惠",
    "Discount on the whole": "整单优惠",
    "Discounts": "优惠额",
    "Drawer opened without sale": "无销售开钱箱",
    "First": "首单",
    "Gross sales": "销售额(优惠后)",
    "Gross sales since the first day": "累计销售额",
    "HANDED UP": "上缴",
    "Handed over by": "交班人",
    "Handed up": "上缴",
    "Item": "品名",
    "Journal": "日志",
    "Last": "末单",
    "Left in the drawer": "留存",
    "Lines taken off": "删除商品行",
    "MADE GOOD LATER": "补日结",
    "NOT COUNTED": "未点",
    "Net sales": "净额",
    "No.": "单号",
    "Opening cash": "备用金",
    "Operator": "操作员",
    "Original": "原单号",
    "Other": "其他",
    "PAID IN": "入款单",
    "PAID OUT": "出款单",
    "Paid back": "退款",
    "Paid in": "入款",
    "Paid out": "出款",
    "Parked sale": "挂单",
    "Payment to be verified": "待核支付",
    "Payments to be verified": "待核支付",
    "Pieces": "件数",
    "Price": "单价",
    "Price difference": "退差价",
    "Prices changed": "改价",
    "Qty": "数量",
    "REPRINT": "补打",
    "RETURN": "退货",
    "REVERSAL": "冲销",
    "Reason": "原因",
    "Received": "实收",
    "Reprints": "补打次数",
    "Returns": "退货额",
    "Returns since the first day": "累计退货额",
    "Reversals": "作废额",
    "SHIFT HANDOVER": "交班单",
    "Sales before discounts": "原价额",
    "Sales given up": "整单取消",
    "Saved": "优惠",
    "Shift": "班次",
    "Shifts": "班次数",
    "Signature": "签字",
    "Slip not printed": "未打小票",
    "TENDER CHANGED": "支付方式更正",
    "TRAINING": "培训",
    "Taken over by": "接班人",
    "Tax": "税额",
    "Tel.": "电话",
    "Till": "机号",
    "Total": "合计",
    "Transactions": "交易笔数",
    "Units sold": "销售件数",
    "Voucher": "凭证号",
    "X REPORT": "X 报表",
    "Z REPORT": "日结 Z 报表",
    "Z number": "Z 号",
    "[return]": "[退]",
    "[void]": "[冲]",
    "counted": "实点",
    "due": "到期",
    "expected": "应有",
    "over or short": "长短款",
    "to be verified": "待核",
}


class Chinese:
    """A catalogue of `ZH`."""

    def gettext(self, text: str) -> str:
        return ZH.get(text, text)


class English:
    """No catalogue: the source strings."""

    def gettext(self, text: str) -> str:
        return text


def catalogue(language: str):
    """What `translation_for` gives once the shipped catalogues are complete."""
    return English() if language == "en" else Chinese()
