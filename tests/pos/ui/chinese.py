"""Chinese words of the screens for tests, used until the shipped catalogue has them."""

from __future__ import annotations

import gettext

from pos import i18n

ZH = {
'Is NumLock off? Press NumLock and type again':'NumLock 关了？请按 NumLock 后重新输入',
'Not scanned, scan again:':'未录入，请重扫：',
'Not written to disk: {why}':'未能写入磁盘：{why}',
'Not scanned: this screen takes no codes':'未录入：此画面不接受扫码',
'More':'更多','Help: all keys of this screen':'帮助：本画面全部按键',
'Functions':'功能','All functions by number':'按编号选择全部功能',
'Member':'会员','Member by card or telephone':'按卡号或电话查会员',
'Price?':'查价','What does it cost? Nothing is sold':'查价格，不销售',
'Items':'商品','Search items by name, initials or code':'按名称、助记码或编码查商品',
'Quick':'快捷','Goods without codes: bags, eggs, …':'无码商品：袋子、鸡蛋等',
'Dept':'部门','Sell as a department at a typed price':'按部门输入价格销售',
'Quantity':'数量','Quantity of the line':'修改该行数量',
'Again':'重复','The last item once more':'再来一件上一商品',
'Price':'单价','Another price for the line':'该行改价',
'Shelf card':'价签','Shelf card differs: correct the price':'价签不符：更正价格',
'Discount':'折扣','Discount on the line':'单品折扣',
'Whole':'整单','Discount on the whole sale, rounding off':'整单折扣、抹零',
'Undo':'撤销','Undo the last action on a line':'撤销上一步',
'Void':'删行','Take the marked line off':'删除所选行',
'Void last':'即更','Take the last line off':'删除最后一行（即更）',
'Cancel sale':'取消整单','Give up the whole sale':'整单取消',
'Park':'挂单','Put this sale aside':'挂起本单',
'Recall':'取单','Take a parked sale up again':'取回挂单',
'Subtotal':'小计','Show the total':'显示合计',
'Pay':'收款','Return':'退货','Return goods':'退货',
'Find sale':'查单','Find an earlier sale':'查找以前的销售',
'Reprint':'补打','Print the last receipt again':'补打上一张小票',
'Receipt':'小票','Print this receipt or not':'本单是否打印小票',
'Drawer':'钱箱','Open the drawer without a sale':'无销售开钱箱',
'Paid in':'入款','Put money into the drawer':'往钱箱放钱',
'Paid out':'出款','Take money from the drawer':'从钱箱取钱',
'X':'X','X: the shift\'s figures so far':'X 报表：本班至今',
'Hand over':'交班','Hand the shift over':'交班',
'Close day':'日结','Close the business day (Z)':'日结（Z）',
'Lock':'锁屏','Lock the till':'锁定收银机',
'Sign off':'换班','Change of cashier':'更换收银员',
'Language':'语言','Chinese or English':'中文或英文',
'Training':'培训','Training mode on and off':'进出培训模式',
'Unsent':'未传','What has not reached head office':'尚未传到总部的数据',
'Devices':'设备','Scanner, printer, drawer, print queue':'扫描枪、打印机、钱箱、打印队列',
'Quit':'退出','Leave the program':'退出程序',
'折 (8.5 = pay 85 %)':'折（8.5 = 付 85%）','Per cent off':'减百分之几',
'Amount off':'减去金额','Total to charge':'实收总额',
'The sale is cancelled':'本单已取消','The sale is parked':'已挂单','No sale is parked':'没有挂单',
'Why another price?':'改价原因','Shelf card differs':'价签不符','Why a discount?':'折扣原因',
'Discount on the whole sale':'整单优惠','Take this line off?':'删除此行？原因',
'Give up the whole sale?':'取消整单？原因','Park the sale':'挂单','New unit price':'新单价',
'Price on the shelf card':'价签上的价格','{goods} is off the sale':'{goods} 已删除',
'Mark (may be empty)':'标记（可空）','Round off: take off what stands behind the point':'抹零：去掉角分',
'Take an amount off':'减去一个金额','Charge this total instead':'改收此总额','No discount on the whole sale':'不要整单优惠',
'A sale is on the screen.':'屏幕上有未结的单。','Park it first':'先挂起它','Go on with it':'继续这一单',
'{count} lines, total {total}':'{count} 行，合计 {total}','Total {total}':'合计 {total}',
'Not possible':'无法进行','OK':'确定','The drawer is opened':'钱箱已打开',
'There is no receipt to print again':'没有可补打的小票','Open the drawer: why?':'开钱箱原因',
'Paid in {amount}':'入款 {amount}','Paid out {amount}':'出款 {amount}','Printing {number} again':'正在补打 {number}',
'Amount':'金额','Not sold: no weight typed':'未销售：没有输入重量','Not sold: no price typed':'未销售：没有输入价格',
'Weight':'重量','Goods without codes':'无码商品','Department':'部门','Unit price':'单价',
'{code} is on the list for head office':'{code} 已列入待建档','Weight in {unit}':'重量（{unit}）',
'A sale is open: finish, park or cancel it first':'有未结的单：请先结账、挂单或取消',
'The open sale stays and can be continued.':'未结的单会保留，可以继续。','Leave the program?':'退出程序？','Leave':'退出','Stay':'不退出',
'An unknown code is not dealt with: Enter chooses, - leaves it':'有未知条码未处理：回车选择，- 放弃',
'Does the customer want a receipt?':'顾客要小票吗？','Print':'打印','No':'不要',
'+1':'+1','-1':'-1','Find code':'查编码','Clear':'清除','Times next scan':'×下一件','Unknown: choose':'未知码处理','Leave it':'放弃',
'Back':'返回','Whole discount':'整单优惠','Cash':'现金','Tenders':'支付方式','Cash given':'实收现金','then tender no.':'再按方式号','Take':'收取','Next':'下一个','Page':'翻页','Next sale':'下一单',
'That looks like a barcode, not like a number':'这像是条码，不像数字',
'The discount must be between 0 and the whole amount':'折扣必须在 0 与全额之间',
'Type a whole number':'请输入整数','Type something':'请输入内容','Type the PIN in digits':'请输入数字密码',
'Type an amount such as 12.50':'请输入金额，如 12.50','Type a price such as 12.50':'请输入价格，如 12.50','Type a quantity such as 2 or 0.328':'请输入数量，如 2 或 0.328','Type the discount, for example 8.5':'请输入折扣，如 8.5',
'Approval':'授权','Approver\'s number':'授权人工号','PIN':'密码','Reason (may be empty)':'原因（可空）','Another person signs for this one action.':'由另一人授权，仅此一次。',
'{count} scans wait for the sale':'{count} 件已扫，等待录入','There is no such number here':'没有这个编号','Page {page} of {pages}':'第 {page}/{pages} 页','Nothing here':'没有内容',
'Keys of this screen':'本画面按键','Help':'帮助','All functions (0 Enter, then the number)':'全部功能（0 回车，再按编号）',
'Search goods':'查找商品','Sell':'销售','Code':'编码','Goods':'品名','Spec':'规格','Search':'查找','Mark':'选择','Nothing found':'没有找到',
'Locked':'已锁屏','Another cashier':'换收银员','Unlock':'解锁','A sale of {count} lines waits':'有 {count} 行的单等待','Wait {time}.':'请等 {time}。',
'Parked sales':'挂单','{count} lines':'{count} 行','Waiting':'等待','Received':'已到账','Not received':'未到账','Uncertain':'不确定','tender number':'支付方式号',
'Change':'找零','Exact cash':'现金正好','Cash: how much?':'现金多少？','20 by tender 2':'方式2收20','There is no tender with this number':'没有这个支付方式','Decide the payment':'确认到账',
'Type the cash given, then Enter; or * for other tenders':'输入实收现金后回车；* 选其他方式',
'A payment code: no terminal is attached, use the payment device':'付款码：未接终端，请用收款设备',
'To pay back':'应退','To pay':'应收','Entered':'已录入','Finish the payment first':'请先完成收款','Remaining {amount}':'还差 {amount}','The sale is not saved: {why}':'本单未保存：{why}','Paid {amount}':'已收 {amount}',
'What does it cost?':'查价','Scan or type a code. Nothing is sold.':'扫码或输入编码，不销售。','No retail price':'没有零售价','Held by head office: {why}':'总部停售：{why}','Other':'其他',
'The till was interrupted':'上次异常中断','The last sale is complete':'上一单已完成',
'{number} is complete, change {change}, receipt not printed':'{number} 已完成，找零 {change}，小票未打',
'Continue this sale':'继续这一单','Cancel it, with its trace':'取消这一单（留痕）','Print the receipt':'打印小票','Do not print':'不打印',
'A sale was open: {count} lines, total {total}':'有未结的单：{count} 行，合计 {total}','Paid so far {amount}':'已收 {amount}',
'Total':'合计','RETURN':'退货','Enter: what to do with the unknown code':'回车：处理未知条码','This key does nothing here':'此键在这里无效','A payment code: press Pay first':'付款码：请先按收款','Pieces {count}':'件数 {count}',
'This till does not have that yet: {what}':'本机暂无此功能：{what}','Paid back':'已退','Scan for the next sale':'扫码开始下一单','Discount {amount}':'优惠 {amount}','Not allowed without approval: {rule}':'需授权：{rule}','{key}: print the receipt again':'{key}：补打小票','{count} scans wait':'{count} 件等待',
'Operator\'s number':'工号','Sign on':'登录','PIN forgotten':'忘记密码','People of this demo shop:':'演示店人员：',
'Has the money arrived?':'到账了吗？','✓ Received':'✓ 已到账','✗ Not received: choose another tender':'✗ 未到账：换其他方式','? Uncertain: a manager decides':'? 不确定：由店长决定','Wait on':'继续等待','Last {count} digits of the trade number (may be empty)':'交易号后 {count} 位（可空）',
'Unknown code':'未知条码','Search for the goods':'查找商品','Report it to head office':'上报总部待建档','Sell as {department}':'按 {department} 销售',
'{item} is held by head office ({reason}): it must not be sold':'{item} 已被总部停售（{reason}），不得销售',
'{item} has no retail price: ask for one, or sell it as a department':'{item} 没有零售价：请申请定价，或按部门销售',
'The quantity must be more than 0; to take a line off, void it':'数量必须大于 0；要去掉请删行','That quantity is too large. Is it a barcode?':'数量太大，是条码吗？','This is sold by the piece: type a whole number':'按件销售：请输入整数','The weight decides the quantity of this line: void it and weigh again':'此行数量由重量决定：请删行重称','The price cannot be below 0':'价格不能小于 0','The label\'s amount is what is charged: print a new label':'按标签金额收款：请重打标签','There is no such line in this sale':'本单没有这一行','Nothing has been scanned yet':'还没有录入商品','Nothing is left to pay':'已付清','The amount must not be 0':'金额不能为 0','Money goes the other way here':'收退方向不对','That is more than is to be paid back':'超过应退金额','This tender gives no change: type at most what is due':'此方式不找零：最多输入应收额','That looks like a barcode, not like money':'这像是条码，不像金额','This payment does not wait for a decision':'此笔支付无需确认','A payment is not decided: say first whether it arrived':'有支付未确认：请先确认是否到账','There is no payment to take back':'没有可撤回的支付','That business day is closed already; take a later one':'该营业日已结，请用更晚的日期','A count cannot be below 0':'数量不能小于 0','Sign on first':'请先登录','This shop\'s rules do not allow it':'本店规则不允许','This approval was given for another action':'此授权用于其他操作',
'not in the catalogue':'未建档','the code is empty':'空码','too long for a code of goods':'太长，不是商品码','full-width characters: switch the input method off':'全角字符：请关闭输入法','characters that no code has: scan again':'含异常字符，请重扫','misread (check digit): scan again':'误读（校验位），请重扫','no code of goods':'不是商品码','a code, but not of goods':'是条码，但不是商品','a payment code: press Pay first':'付款码：请先按收款','only the small code of a magazine: scan the large one':'只扫到附加码，请扫大码','unreadable: scan again':'无法识读，请重扫','contradicts itself: scan again':'内容矛盾，请重扫','holds an impossible date: scan again':'日期不合法，请重扫',
'[return]':'[退]','[void]':'[冲]','{count}d':'{count}天','Unknown code: {why}':'未知条码：{why}','{count}s':'{count}秒','{count}m':'{count}分','{count}h':'{count}时','Unit':'单位','Qty':'数量','Off':'优惠','Scan':'扫','closed':'未开业','unsent {count}':'未传 {count}','TRAINING':'培训 TRAINING','! close day':'! 请日结','! payment':'! 待核支付','● online':'● 在线','○ offline':'○ 离线',
}
ZH.update({'#':'行','No receipt':'不要','Scn':'枪','Prn':'印','Drw':'箱','! {count} to print':'! {count} 张待打'})


class _Words(gettext.NullTranslations):
    def gettext(self, message):
        return ZH.get(message, message)


def install(monkeypatch):
    """Answer Chinese from here as long as the shipped catalogue does not know the screens."""
    real = i18n.translation_for
    if real("zh_CN").gettext("Subtotal") != "Subtotal":
        return

    def translation_for(lang):
        return _Words() if lang.startswith("zh") else real(lang)

    monkeypatch.setattr(i18n, "translation_for", translation_for)
