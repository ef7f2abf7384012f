"""Rolls of the EMF Camp bar and shop, 2016 and 2022: sessions, voids, deposits, change.

How the till database becomes a roll:

- A session is a business day (``session_date``); a transaction belongs to its session, also
  where its first line was rung two days before it. Transactions are in the order in which they
  were finished (last line or payment), so ``at`` sometimes goes backwards and the business day
  never does.
- An S line is a sale; the one S line with a negative number of items is a return of a deposit.
  So a control's ``negative_sale_lines`` is head office's ``returns`` and its ``sale_lines`` are
  head office's sale and return lines together.
- A V line is a void and keeps its sign: 20 of them cancel a void and are positive.
- ``item_code`` is ``{dept}:{number}``, the number being the rank of the text among the texts of
  its department in that year. Department controls are summed by what stands before the colon.
- Payments are tender rows in the order they were taken; change is negative cash.
- A transaction with payments and no line is a tender exchange; one with neither is left out.
- Each row keeps its own time and its own user. A transaction is its first row's operator's.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.real.roll import (
    CARD,
    CASH,
    RETURN,
    SALE,
    TENDER,
    VOID,
    RollInfo,
    RollRow,
    local_time,
    money_text,
    read_data,
    write_roll,
)

WORKSTATIONS = {2016: "bar", 2022: "default"}
TILL_NAMES = {2016: {"bar": ""}, 2022: {"default": "default"}}
TENDER_TYPES = {"CASH": CASH, "CARD": CARD}
TYPE_COLUMNS = {"CASH": CASH, "CARD": CARD}
EVENING = "2022-06-01"
SPLIT_WORKSTATIONS = ("bar1", "bar2", "bar3")


@dataclass(frozen=True)
class SessionCount:
    """The money of one tender type in one session: expected, counted by staff, difference.

    ``counted`` and ``over_short`` are None where the event's staff wrote no count down.
    """

    session_id: str
    business_day: str
    tender_type: str
    expected: Decimal
    counted: Decimal | None
    over_short: Decimal | None
    fees: Decimal | None


def store_of(year: int) -> str:
    """Return the store id of an event's roll."""
    return f"emf{year}"


def item_codes(year: int) -> dict[tuple[str, str], str]:
    """Return the roll's item code of every (department, text) of one event."""
    texts: dict[str, set[str]] = defaultdict(set)
    for line in read_data(f"emf{year}_lines.csv.gz"):
        texts[line["dept"]].add(line["text"])
    return {
        (dept, text): f"{dept}:{rank:03d}"
        for dept, found in texts.items()
        for rank, text in enumerate(sorted(found), start=1)
    }


def department_of(item_code: str) -> str:
    """Return the department of an item code of these rolls."""
    return item_code.partition(":")[0]


def _kind(line: dict[str, str]) -> str:
    if line["code"] == "V":
        return VOID
    return RETURN if Decimal(line["items"]) < 0 else SALE


def emf_rows(year: int) -> Iterator[RollRow]:
    """Yield an event's rows in the order in which its transactions were finished."""
    codes = item_codes(year)
    days: dict[str, str] = {}
    finished: dict[str, str] = {}
    rows: dict[str, list[RollRow]] = defaultdict(list)
    for line in read_data(f"emf{year}_lines.csv.gz"):
        number = line["transaction_id"]
        at = local_time(line["time"])
        days[line["session_id"]] = line["session_date"]
        finished[number] = max(at, finished.get(number, ""))
        rows[number].append(
            RollRow(
                store_id=store_of(year),
                workstation_id=WORKSTATIONS[year],
                business_day=line["session_date"],
                at=at,
                transaction=number,
                operator_id=line["user_id"],
                row=_kind(line),
                item_code=codes[line["dept"], line["text"]],
                description=line["text"],
                quantity=line["items"],
                unit_price=line["unit_amount"],
                unit_discount=line["unit_discount"] if Decimal(line["unit_discount"]) else "",
                amount=line["line_total"],
            ),
        )
    for payment in read_data(f"emf{year}_payments.csv.gz"):
        number = payment["transaction_id"]
        at = local_time(payment["time"])
        finished[number] = max(at, finished.get(number, ""))
        rows[number].append(
            RollRow(
                store_id=store_of(year),
                workstation_id=WORKSTATIONS[year],
                business_day=days[payment["session_id"]],
                at=at,
                transaction=number,
                operator_id=payment["user_id"],
                row=TENDER,
                amount=payment["amount"],
                tender_type=TENDER_TYPES[payment["paytype"]],
            ),
        )
    order = sorted(rows, key=lambda n: (rows[n][0].business_day, finished[n], int(n)))
    for number in order:
        yield from rows[number]


def write_emf_roll(year: int, out: Path) -> RollInfo:
    """Write the roll of one event: one store, one workstation."""
    return write_roll(out, emf_rows(year), currency="GBP", till_names=TILL_NAMES[year])


def write_split_roll(out: Path, year: int = 2016) -> RollInfo:
    """Write one event's roll as if three tills of one store had shared its customers.

    The transactions go to the tills in turn, in the order in which they were finished, so the
    three tills' rows lie interleaved in the file and the store's day is what it was.
    """

    def rows() -> Iterator[RollRow]:
        turn = -1
        current = ""
        for row in emf_rows(year):
            if row.transaction != current:
                current = row.transaction
                turn += 1
            yield row._replace(
                workstation_id=SPLIT_WORKSTATIONS[turn % len(SPLIT_WORKSTATIONS)],
            )

    return write_roll(out, rows(), currency="GBP")


def write_evening_roll(out: Path) -> RollInfo:
    """Write the first evening of 2022 alone: one short session."""
    rows = (row for row in emf_rows(2022) if row.business_day == EVENING)
    return write_roll(out, rows, currency="GBP", till_names=TILL_NAMES[2022])


def session_counts(year: int) -> list[SessionCount]:
    """Return what each session's till should have held and what its staff counted.

    A session without a transaction is included: its expected money is 0 or not stated.
    """
    counts = []
    for row in read_data(f"emf{year}_session_control.csv"):
        for column, tender_type in TYPE_COLUMNS.items():
            counts.append(
                SessionCount(
                    session_id=row["session_id"],
                    business_day=row["session_date"],
                    tender_type=tender_type,
                    expected=Decimal(row[f"{column}_till_expected"] or "0"),
                    counted=_decimal_or_none(row[f"{column}_counted_actual"]),
                    over_short=_decimal_or_none(row[f"{column}_over_short"]),
                    fees=_decimal_or_none(row[f"{column}_fees"]),
                ),
            )
    return counts


def write_counts(year: int, out: Path) -> Path:
    """Write what the event's staff counted as a file for `pos replay --counts`.

    Sessions in which nothing was traded are left out: no roll has such a day.
    """
    days = {line["session_date"] for line in read_data(f"emf{year}_lines.csv.gz")}
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("store_id", "workstation_id", "business_day", "tender_type", "counted"))
        for count in session_counts(year):
            if count.business_day in days:
                counted = "" if count.counted is None else money_text(count.counted)
                place = (store_of(year), WORKSTATIONS[year], count.business_day)
                writer.writerow((*place, count.tender_type, counted))
    return out


def _decimal_or_none(text: str) -> Decimal | None:
    return Decimal(text) if text else None
