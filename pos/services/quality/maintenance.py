"""养护: which batches are due for a look, what was found, what became of it (QLT-07..10)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date, timedelta
from typing import Final

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.registers import Register, RegisterNoted
from pos.i18n import N_
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import documents, stock
from pos.services.goods.days import stock_day
from pos.services.goods.rules import rule_for
from pos.store import goods_ledgers, units

ACTIONS: Final = ("keep", "hold", "scrap")
"""What is done after a look: it stays on sale, is set apart, is written off."""

CASE_OPEN, CASE_CLOSED = "case_open", "case_closed"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One batch that is to be looked at."""

    item_code: str
    name: str
    name_en: str = ""
    batch: str = ""
    expiry: str = ""
    quantity_milli: int = 0
    last_day: str = ""
    """When it was looked at last, or received."""

    due_day: str = ""
    overdue_days: int = 0
    """Days past the due day; 0 on it, below 0 before it."""

    @property
    def subject(self) -> str:
        """Its name in the register."""
        return f"{self.item_code}/{self.batch}"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that was found and is not dealt with yet."""

    subject: str
    item_code: str
    batch: str
    finding: str
    business_day: str
    operator_id: str


def tasks(till: Till, within_days: int = 0) -> list[Task]:
    """The plan: batches due today or within some days, the longest overdue first (QLT-07).

    Nothing is written to make it: the cycle of the class, the day of the last look and what is in
    the shop say it all.
    """
    today = date.fromisoformat(stock_day(till))
    reader = till.journal.reader()
    last: dict[str, str] = {}
    for note in goods_ledgers.notes(reader, Register.MAINTENANCE.value):
        if note.action in ACTIONS:
            last[note.subject] = note.business_day
    received = _first_days(till)
    found: list[Task] = []
    for item_code in dict.fromkeys(code for code, _batch in units.batches(reader)):
        item = catalogue.find_item(till, item_code)
        cycle = rule_for(till, item).maintenance_days if item is not None else 0
        if item is None or not cycle:
            continue
        for one in stock.batches(till, item_code):
            if one.quantity_milli <= 0 or not one.batch:
                continue
            subject = f"{item_code}/{one.batch}"
            since = last.get(subject) or received.get((item_code, one.batch), "")
            due = date.fromisoformat(since) + timedelta(days=cycle) if since else today
            overdue = (today - due).days
            if overdue < -within_days:
                continue
            found.append(
                Task(
                    item_code=item_code,
                    name=item.name,
                    name_en=item.name_en,
                    batch=one.batch,
                    expiry=one.expiry,
                    quantity_milli=one.quantity_milli,
                    last_day=since,
                    due_day=due.isoformat(),
                    overdue_days=overdue,
                )
            )
    return sorted(found, key=lambda one: (-one.overdue_days, one.item_code, one.batch))


def record(
    till: Till,
    task: Task,
    *,
    failed: Sequence[str] = (),
    finding: str = "",
    action: str = "keep",
) -> Future[None] | Refusal:
    """Journal a look: what failed of the check sheet, what was found, what is done (QLT-08, QLT-09).

    A problem opens a case, which stays open until `close_case`.
    """
    if action not in ACTIONS:
        return Refusal("no_such_action", N_("choose what is done: keep, hold or scrap"))
    if (failed or action != "keep") and not finding.strip():
        return Refusal("finding_missing", N_("say what was found"))
    fields = {
        "points": ",".join(till.settings.quality.check_points),
        "failed": ",".join(failed),
        "finding": finding.strip(),
        "expiry": task.expiry,
        "due_day": task.due_day,
        "name": task.name,
    }
    look = RegisterNoted(
        register=Register.MAINTENANCE,
        subject=task.subject,
        action=action,
        item_code=task.item_code,
        batch=task.batch,
        quantity_milli=task.quantity_milli,
        fields={name: value for name, value in fields.items() if value},
    )
    notes = [look]
    if finding.strip():
        notes.append(msgspec.structs.replace(look, action=CASE_OPEN))
    return documents.note(till, *notes)


def cases(till: Till) -> list[Case]:
    """Problems that are not dealt with, the oldest first."""
    found: dict[str, Case] = {}
    for note in goods_ledgers.notes(till.journal.reader(), Register.MAINTENANCE.value):
        if note.action == CASE_OPEN:
            found[note.subject] = Case(
                subject=note.subject,
                item_code=note.item_code,
                batch=note.batch,
                finding=note.fields.get("finding", ""),
                business_day=note.business_day,
                operator_id=note.operator_id,
            )
        elif note.action == CASE_CLOSED:
            found.pop(note.subject, None)
    return list(found.values())


def close_case(till: Till, case: Case, result: str) -> Future[None] | Refusal:
    """A problem is dealt with; `result` says how."""
    if not result.strip():
        return Refusal("finding_missing", N_("say how it was dealt with"))
    return documents.note(
        till,
        RegisterNoted(
            register=Register.MAINTENANCE,
            subject=case.subject,
            action=CASE_CLOSED,
            item_code=case.item_code,
            batch=case.batch,
            fields={"result": result.strip()},
        ),
    )


def _first_days(till: Till) -> dict[tuple[str, str], str]:
    """(item, batch) → business day of its first receipt here."""
    found: dict[tuple[str, str], str] = {}
    for (item_code, batch), facts in units.batches(till.journal.reader()).items():
        if facts.received_day:
            found[item_code, batch] = facts.received_day
    return found
