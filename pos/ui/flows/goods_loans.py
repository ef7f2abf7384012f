"""外借: lend with consent and approval, the ledger, brought back, charged (REG-03..05)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.ledgers import LoanState, day_after
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services import people
from pos.services.goods import documents, drafting, loan_returns, loans
from pos.services.goods.days import stock_day
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.loan_returns import Charge
from pos.services.goods.loans import Loan
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_leaving import ask_reason, draft_choices, finish, signed_by_two, work
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

_OUT, _BACK = DocumentKind.LOAN_OUT, DocumentKind.LOAN_RETURN
STATES = {
    LoanState.OUT: "",
    LoanState.WARNED: N_("remind"),
    LoanState.OVERDUE: N_("OVERDUE"),
    LoanState.BACK: N_("all back"),
}


async def goods_loans(app: TillApp, home: Home) -> None:
    """Lend, the ledger, what is to be charged; or a draft."""
    while True:
        ledger = loans.ledger(app.till)
        late = sum(one.state is LoanState.OVERDUE for one in ledger)
        unpaid = loan_returns.charges(app.till)
        out = str(len(ledger))
        if late:
            out += " " + _("({count} overdue)").format(count=late)
        choices: list[Choice[object]] = [
            Choice(1, _("Lend goods"), "lend"),
            Choice(2, _("Loan ledger: what is out"), "ledger", detail=out),
            Choice(3, _("Loans of before"), "all"),
            Choice(4, _("Charges to be paid at the till"), "unpaid", detail=str(len(unpaid))),
            *draft_choices(app, 5, _OUT, _BACK),
        ]
        chosen = await Ask(WideChooseScreen(_("Goods lent"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        if isinstance(chosen, StoredDraft):
            finished = await _go_on(app, home, chosen)
        elif chosen == "lend":
            finished = await _lend(app, home)
        elif chosen == "unpaid":
            finished = await _unpaid(app, home, unpaid)
        else:
            every = chosen == "all"
            finished = await _ledger(
                app, home, loans.ledger(app.till, settled=True) if every else ledger
            )
        if finished:
            return


# ------------------------------------------------------------------------------------ lending


async def _lend(app: TillApp, home: Home) -> bool:
    reason = await ask_reason(app, _OUT)
    if reason is None:
        return False
    last = day_after(stock_day(app.till), app.till.settings.loans.overdue_days)
    values = await Ask(
        FieldsScreen(
            _("Lend goods"),
            [
                Field("borrower", _("Borrower"), parsing.words, free=True),
                Field("phone", _("Telephone"), parsing.words, optional=True, free=True),
                Field("application", _("Application number"), parsing.words, free=True),
                Field("due", _("Back by"), parsing.day, typed=last, letters="-"),
                Field(
                    "person",
                    _("Who answers for it (number)"),
                    parsing.words,
                    typed=app.till.operator_id,
                    free=True,
                ),
            ],
            [_("The counter head consents first, then the department manager approves.")],
        )
    )
    if values is None:
        return False
    draft = loans.begin(
        app.till,
        borrower=str(values["borrower"]),
        phone=str(values["phone"] or ""),
        application_no=str(values["application"]),
        due_day=str(values["due"]),
        responsible_id=str(values["person"]),
        reason=reason,
    )
    if isinstance(draft, Refusal):
        home.error(refusal_text(draft))
        return True
    return await work(app, home, draft, post=loans.post) is not None


async def _go_on(app: TillApp, home: Home, draft: StoredDraft) -> bool:
    if draft.document.document_kind is _OUT:
        return await work(app, home, draft, post=loans.post) is not None
    return await _sign_back(app, home, draft)


# ------------------------------------------------------------------------------------ the ledger


async def _ledger(app: TillApp, home: Home, ledger: list[Loan]) -> bool:
    choices = [
        Choice(number, _words(one), one, detail=_detail(one))
        for number, one in enumerate(ledger, start=1)
    ]
    loan = await Ask(WideChooseScreen(_("Loan ledger"), choices))
    if loan is None:
        return False
    actions = [
        Choice(1, _("Everything came back"), "all"),
        Choice(2, _("A part came back"), "part"),
        Choice(3, _("Charge it to a person (overdue)"), "charge"),
    ]
    if loan.state is LoanState.BACK:
        actions = []
    action = await Ask(WideChooseScreen(loan.number, actions, lines=_facts(app, loan)))
    if action is None:
        return False
    quantities: dict[int, int] | None = None
    units: tuple[str, ...] = ()
    if action == "part":
        answer = await _which(app, loan)
        if answer is None:
            return False
        quantities, units = answer
    if action == "charge":
        draft = await _charge(app, loan)
        if draft is None:
            return False
    else:
        draft = loan_returns.give_back(app.till, loan.number, quantities, units=units)
    if isinstance(draft, Refusal):
        home.error(refusal_text(draft))
        return True
    return await _sign_back(app, home, draft)


async def _which(app: TillApp, loan: Loan) -> tuple[dict[int, int], tuple[str, ...]] | None:
    """How much of each line came back; of numbered pieces the last characters say which."""
    fields = []
    for one in loan.lines:
        if not one.left_milli:
            continue
        name = goods_name(app.till, one.line)
        if one.units_left:
            fields += [
                Field(f"unit:{code}", f"{name} {code[-10:]} (1/0)", parsing.count, typed="0")
                for code in one.units_left
            ]
        else:
            label = _("{name}, {left} out").format(name=name, left=quantity_text(one.left_milli))
            fields.append(Field(f"line:{one.line.line_no}", label, parsing.quantity, typed="0"))
    values = await Ask(FieldsScreen(_("What came back?"), fields))
    if values is None:
        return None
    units = tuple(
        name.removeprefix("unit:")
        for name, value in values.items()
        if name.startswith("unit:") and value
    )
    quantities = {
        int(name.removeprefix("line:")): int(str(value))
        for name, value in values.items()
        if name.startswith("line:")
    }
    for one in loan.lines:
        if one.units_left:
            count = sum(code in units for code in one.units_left)
            quantities[one.line.line_no] = count * 1000
    return quantities, units


async def _charge(app: TillApp, loan: Loan) -> StoredDraft | Refusal | None:
    values = await Ask(
        FieldsScreen(
            _("Charge it to a person (overdue)"),
            [
                Field(
                    "person",
                    _("Who pays (number)"),
                    _person(app),
                    typed=loan.responsible_id,
                    free=True,
                )
            ],
            [*_facts(app, loan), _("Everything that is still out is charged, through the till.")],
        )
    )
    if values is None:
        return None
    return loan_returns.charge(app.till, loan.number, str(values["person"]))


def _person(app: TillApp) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if people.person(app.till, text.strip()) is None:
            raise parsing.TypedError(_("Nobody here has this number"))
        return text.strip()

    return parse


async def _sign_back(app: TillApp, home: Home, draft: StoredDraft) -> bool:
    signed = await signed_by_two(app, draft)
    if documents.next_slot(signed.document):
        if signed.document.signatures:
            home.note(_("Signed by one person: the second signature is missing"), "!")
        else:
            drafting.cancel(app.till, signed)
        home.refresh_sale()
        return True
    done = await finish(home, loan_returns.post_back(app.till, signed))
    if isinstance(done, str):
        home.error(done)
        return True
    if done.fields.get("charged_to"):
        _to_till(app, home, done.document_no)
    return True


# ------------------------------------------------------------------------------------ charges


async def _unpaid(app: TillApp, home: Home, unpaid: list[Charge]) -> bool:
    choices = [
        Choice(
            number,
            f"{one.number} {clean(one.person)}",
            one.number,
            detail=quantity_text(sum(line.quantity_milli for line in one.document.lines)),
        )
        for number, one in enumerate(unpaid, start=1)
    ]
    chosen = await Ask(WideChooseScreen(_("Charges to be paid at the till"), choices))
    if chosen is None:
        return False
    _to_till(app, home, chosen)
    return True


def _to_till(app: TillApp, home: Home, number: str) -> None:
    """Put the charge on the sale; where none can be open it stays listed."""
    lines = loan_returns.sell(app.till, number)
    home.refresh_sale()
    if isinstance(lines, Refusal):
        home.error(_("To be paid later: {why}").format(why=refusal_text(lines).rstrip(".")))
    else:
        home.note(_("The charge is on the sale: take the money there"))


# ------------------------------------------------------------------------------------ words


def _words(one: Loan) -> str:
    state = STATES[one.state]
    parts = [one.number, clean(one.borrower), _(state) if state else ""]
    return " ".join(part for part in parts if part)


def _detail(one: Loan) -> str:
    return _("{left} of {out}, {days} days").format(
        left=quantity_text(one.left_milli), out=quantity_text(one.out_milli), days=one.days_out
    )


def _facts(app: TillApp, one: Loan) -> list[str]:
    lines = [
        f"{clean(one.borrower)} {clean(one.phone)}".rstrip(),
        _("Application {number}, lent {day}, back by {due}").format(
            number=clean(one.application_no), day=one.day, due=one.due_day
        ),
        ngettext("out for {count} day", "out for {count} days", one.days_out).format(
            count=one.days_out
        )
        + "  "
        + _("answers for it: {name}").format(name=clean(one.responsible)),
    ]
    lines += [
        labelled(
            goods_name(app.till, line.line),
            _("lent {out}, back {back}, out {left}").format(
                out=quantity_text(line.line.quantity_milli),
                back=quantity_text(line.back_milli),
                left=quantity_text(line.left_milli),
            ),
        )
        for line in one.lines[:6]
    ]
    return lines


def overdue_lines(app: TillApp) -> list[str]:
    """Loans to be reminded of and overdue, for the goods home."""
    return [
        _("! Loan {number} {borrower}: {days} days out").format(
            number=one.number, borrower=clean(one.borrower), days=one.days_out
        )
        for one in loans.warned(app.till)
    ]
