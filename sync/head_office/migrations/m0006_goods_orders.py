"""What head office wants done with goods: suppliers, orders with their history, invoices, recalls.

`store_id` leads every key of what belongs to a store; `''` in `recall_notice` is every store. Rules
of classes and items have no table of their own: the catalogue that is published holds them.
"""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 6
NAME = "goods_orders"

_TABLES = (
    """CREATE TABLE supplier (
      supplier_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL,
      approved_by TEXT NOT NULL DEFAULT '', approved_utc_ms BIGINT NOT NULL DEFAULT 0,
      entered_by TEXT NOT NULL, changed_utc_ms BIGINT NOT NULL, body TEXT NOT NULL)""",
    """CREATE TABLE supplier_event (
      supplier_id TEXT NOT NULL, event_no BIGINT NOT NULL, at_utc_ms BIGINT NOT NULL,
      by_name TEXT NOT NULL, action TEXT NOT NULL, note TEXT NOT NULL,
      PRIMARY KEY (supplier_id, event_no)) {clustered}""",
    # `body` is the order as it would be published; lines and head stand beside it to be asked for.
    """CREATE TABLE order_document (
      store_id TEXT NOT NULL, order_id TEXT NOT NULL, order_kind TEXT NOT NULL,
      order_no TEXT NOT NULL, state TEXT NOT NULL, counterparty_id TEXT NOT NULL,
      counterparty_name TEXT NOT NULL, due_day TEXT NOT NULL, entered_by TEXT NOT NULL,
      entered_utc_ms BIGINT NOT NULL, audited_by TEXT NOT NULL DEFAULT '',
      audited_utc_ms BIGINT NOT NULL DEFAULT 0, audited_sha256 TEXT NOT NULL DEFAULT '',
      placed_utc_ms BIGINT NOT NULL DEFAULT 0, ended_utc_ms BIGINT NOT NULL DEFAULT 0,
      changed_utc_ms BIGINT NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (store_id, order_id))""",
    "CREATE INDEX order_document_by_state ON order_document (order_kind, state, store_id)",
    "CREATE INDEX order_document_by_party ON order_document (counterparty_id, order_kind)",
    """CREATE TABLE order_line (
      store_id TEXT NOT NULL, order_id TEXT NOT NULL, line_no BIGINT NOT NULL,
      item_code TEXT NOT NULL, quantity_milli BIGINT NOT NULL, unit_cost_e4 BIGINT,
      done_milli BIGINT NOT NULL, PRIMARY KEY (store_id, order_id, line_no)) {clustered}""",
    "CREATE INDEX order_line_by_item ON order_line (item_code, store_id)",
    """CREATE TABLE order_event (
      store_id TEXT NOT NULL, order_id TEXT NOT NULL, event_no BIGINT NOT NULL,
      at_utc_ms BIGINT NOT NULL, by_name TEXT NOT NULL, action TEXT NOT NULL,
      state TEXT NOT NULL, note TEXT NOT NULL,
      PRIMARY KEY (store_id, order_id, event_no)) {clustered}""",
    # One row for each of the four copies of a dispatch note that came back.
    """CREATE TABLE copy_back (
      store_id TEXT NOT NULL, order_id TEXT NOT NULL, copy TEXT NOT NULL,
      back_utc_ms BIGINT NOT NULL, by_name TEXT NOT NULL,
      PRIMARY KEY (store_id, order_id, copy)) {clustered}""",
    """CREATE TABLE requisition_answer (
      store_id TEXT NOT NULL, document_uuid TEXT NOT NULL, answer TEXT NOT NULL,
      answered_by TEXT NOT NULL, answered_utc_ms BIGINT NOT NULL, note TEXT NOT NULL,
      order_id TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
      PRIMARY KEY (store_id, document_uuid)) {clustered}""",
    """CREATE TABLE allocation (
      store_id TEXT NOT NULL, month TEXT NOT NULL, item_code TEXT NOT NULL,
      forecast_milli BIGINT NOT NULL, factor_percent BIGINT NOT NULL, cap_milli BIGINT NOT NULL,
      set_by TEXT NOT NULL, set_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, month, item_code)) {clustered}""",
    """CREATE TABLE invoice (
      store_id TEXT NOT NULL, supplier_id TEXT NOT NULL, invoice_no TEXT NOT NULL,
      order_id TEXT NOT NULL, invoice_day TEXT NOT NULL, pay_day TEXT NOT NULL,
      amount_minor BIGINT NOT NULL, tax_minor BIGINT NOT NULL, state TEXT NOT NULL,
      entered_by TEXT NOT NULL, entered_utc_ms BIGINT NOT NULL,
      approved_by TEXT NOT NULL DEFAULT '', approved_utc_ms BIGINT NOT NULL DEFAULT 0,
      note TEXT NOT NULL, PRIMARY KEY (store_id, supplier_id, invoice_no))""",
    "CREATE INDEX invoice_by_order ON invoice (store_id, order_id)",
    """CREATE TABLE invoice_line (
      store_id TEXT NOT NULL, supplier_id TEXT NOT NULL, invoice_no TEXT NOT NULL,
      line_no BIGINT NOT NULL, order_line BIGINT NOT NULL, item_code TEXT NOT NULL,
      quantity_milli BIGINT NOT NULL, unit_cost_e4 BIGINT NOT NULL,
      PRIMARY KEY (store_id, supplier_id, invoice_no, line_no)) {clustered}""",
    """CREATE TABLE recall_notice (
      store_id TEXT NOT NULL, notice_id TEXT NOT NULL, notice_no TEXT NOT NULL,
      item_code TEXT NOT NULL, reason TEXT NOT NULL, issued_by TEXT NOT NULL,
      issued_utc_ms BIGINT NOT NULL, publication_no BIGINT NOT NULL,
      lifted_by TEXT NOT NULL DEFAULT '', lifted_utc_ms BIGINT NOT NULL DEFAULT 0,
      lift_reason TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
      PRIMARY KEY (store_id, notice_id))""",
    """CREATE TABLE claim_answer (
      store_id TEXT NOT NULL, document_uuid TEXT NOT NULL, answer_no BIGINT NOT NULL,
      answer TEXT NOT NULL, amount_minor BIGINT NOT NULL, note TEXT NOT NULL,
      by_name TEXT NOT NULL, at_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, document_uuid, answer_no)) {clustered}""",
    "CREATE INDEX stock_move_judge ON stock_move (store_id, item_code) WHERE place = 'judge'",
    "CREATE INDEX feed_by_publication ON feed (publication_no, store_id)",
    # Whom head office's person is at a till, so that ordering and receiving stay two people's.
    "ALTER TABLE person ADD COLUMN operator_id TEXT NOT NULL DEFAULT ''",
)


def up(dialect: Dialect) -> None:
    """Create every table and index."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
