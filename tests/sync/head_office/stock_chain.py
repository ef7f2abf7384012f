"""The demonstration chain with goods in it: receipts, a transfer that came short, one under way,
a document signed by one person, and ledgers proven or not."""

from __future__ import annotations

from pathlib import Path

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from pos.domain.stock_proof import DAY_PROOF, ledger_sha256
from sync.head_office import stock_reports
from tests.sync.head_office.demo_chain import HOSTILE_CODE, HOSTILE_NAME, Chain
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import JournalingTill


class StockChain(Chain):
    """A week of sales and what was received, sent, counted and set apart for them."""

    def __init__(self, folder: Path, **more: object) -> None:
        super().__init__(folder, **more)  # type: ignore[arg-type]
        for store_id in ("001", "002"):
            self._receive(store_id)
        sender, receiver = self.tills["001-1"], self.tills["002-1"]
        for till in (sender, receiver):
            till.business_day = self.last_day
        codes = [code for code, *_ in self._goods[:3]]
        lines = [goods_line(n, code, 10) for n, code in enumerate(codes, start=1)]
        for uuid in ("t-short", "t-under-way"):
            post(
                sender,
                document(uuid, lines, kind=DocumentKind.TRANSFER_OUT, counterparty_id="002"),
            )
        short = [goods_line(1, codes[0], 8), *lines[1:]]
        post(
            receiver,
            document(
                "t-in",
                short,
                kind=DocumentKind.TRANSFER_IN,
                counterparty_id="001",
                reference="t-short",
            ),
        )
        post(
            receiver, document("one-hand", lines, people=("3001",), counterparty_name=HOSTILE_NAME)
        )
        if self._hostile:
            post(
                receiver, document("hostile", [goods_line(1, HOSTILE_CODE, 1, batch=HOSTILE_NAME)])
            )
        for till in (sender, receiver):
            self.push(till)
        self._prove(sender, wrong=False)
        self._prove(receiver, wrong=True)
        for till in (sender, receiver):
            self.push(till)
        stock_reports.set_target(self.hq.office, "001", 100_000)
        self.hq.engine.goods_jobs.run()

    def _receive(self, store_id: str) -> None:
        till = self.tills[f"{store_id}-1"]
        till.business_day = self.days[0]
        lines = [
            goods_line(
                number,
                code,
                200,
                description=name,
                item_class=item_class,
                unit_cost_e4=price * 70,
                batch="L2611" if number % 5 == 0 else "",
                expiry="2027-05-01" if number % 5 == 0 else "",
                expected_milli=200_000,
                delivered_milli=200_000,
                received_milli=200_000,
            )
            for number, (code, name, price, item_class) in enumerate(self._goods[:80], start=1)
        ]
        made = document(
            f"rc-{store_id}",
            lines,
            counterparty_name="东海食品",
            source="order",
            sealed=True,
            reference_no="DH-0001",
        )
        post(till, made)
        post(till, document(f"op-{store_id}", lines[:20], kind=DocumentKind.OPENING))
        self.push(till)

    def _prove(self, till: JournalingTill, *, wrong: bool) -> None:
        rows = self.hq.rows(
            "SELECT item_code, place, batch, reason, quantity_milli FROM stock_ledger "
            "WHERE store_id = ? AND workstation_no = 1 AND business_day = ?",
            till.store_id,
            self.last_day,
        )
        fields = {
            "movements": str(len(rows) + (4 if wrong else 0)),
            "sum_milli": str(sum(row[4] for row in rows)),
            "sha256": ledger_sha256(rows),
            "opening_milli": "0",
            "in_milli": "90000",
            "out_milli": "30000",
            "closing_milli": "60000",
        }
        note(till, Register.BOOKS, self.last_day, DAY_PROOF, fields=fields)
