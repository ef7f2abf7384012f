"""Goods in full: documents and their lines, what they moved, registers, counts; stock by item.

The first group are projections of `journal`, keyed as its entries are. `stock_card` and
`stock_balance` are the ledger once more, by item, brought up to date in quiet moments
(`stock_fold`): selling writes none of them. An entry that is folded has `seq <= epoch.folded_seq`.
Times are head office's: the till's plus its last known offset.
"""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 5
NAME = "goods"

_ENTRY = (
    "store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL, "
    "seq BIGINT NOT NULL"
)
_BY = (
    "business_day TEXT NOT NULL, at_utc_ms BIGINT NOT NULL, workstation_id TEXT NOT NULL, "
    "operator_id TEXT NOT NULL"
)
_ENTRY_KEY = "PRIMARY KEY (store_id, workstation_no, epoch_no, seq)) {clustered}"


def _joined(name: str) -> str:
    return (
        f"{name}.store_id = l.store_id AND {name}.workstation_no = l.workstation_no "
        f"AND {name}.epoch_no = l.epoch_no AND {name}.seq = l.seq"
    )


_TABLES = (
    f"""CREATE TABLE goods_document ({_ENTRY}, {_BY},
      document_uuid TEXT NOT NULL, document_kind TEXT NOT NULL, document_no TEXT NOT NULL,
      state TEXT NOT NULL, problem TEXT NOT NULL, source TEXT NOT NULL,
      reference TEXT NOT NULL, reference_no TEXT NOT NULL,
      counterparty_id TEXT NOT NULL, counterparty_name TEXT NOT NULL,
      inspected_by TEXT NOT NULL, checked_by TEXT NOT NULL, approver_id TEXT NOT NULL,
      reason TEXT NOT NULL, due_day TEXT NOT NULL, review TEXT NOT NULL,
      line_count BIGINT NOT NULL, quantity_milli BIGINT NOT NULL, {_ENTRY_KEY}""",
    "CREATE INDEX goods_document_by_uuid ON goods_document (store_id, document_uuid)",
    """CREATE INDEX goods_document_by_kind ON goods_document
      (store_id, document_kind, business_day)""",
    "CREATE INDEX goods_document_by_reference ON goods_document (store_id, reference)",
    "CREATE INDEX goods_document_by_number ON goods_document (store_id, document_no)",
    f"""CREATE TABLE goods_line ({_ENTRY}, line_no BIGINT NOT NULL,
      item_code TEXT NOT NULL, description TEXT NOT NULL, spec TEXT NOT NULL,
      unit TEXT NOT NULL, item_class TEXT NOT NULL, quantity_milli BIGINT NOT NULL,
      expected_milli BIGINT, delivered_milli BIGINT NOT NULL, received_milli BIGINT NOT NULL,
      rejected_milli BIGINT NOT NULL, unit_cost_e4 BIGINT, batch TEXT NOT NULL,
      sterilisation_batch TEXT NOT NULL, production_day TEXT NOT NULL, expiry TEXT NOT NULL,
      unit_codes TEXT NOT NULL, barcode TEXT NOT NULL, order_line BIGINT NOT NULL,
      reason TEXT NOT NULL, note TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, line_no)) {{clustered}}""",
    "CREATE INDEX goods_line_by_item ON goods_line (store_id, item_code)",
    f"""CREATE TABLE stock_move ({_ENTRY}, line_no BIGINT NOT NULL,
      business_day TEXT NOT NULL, at_utc_ms BIGINT NOT NULL, item_code TEXT NOT NULL,
      place TEXT NOT NULL, batch TEXT NOT NULL, unit_code TEXT NOT NULL,
      quantity_milli BIGINT NOT NULL, reason TEXT NOT NULL, document_no TEXT NOT NULL,
      document_kind TEXT NOT NULL, reference TEXT NOT NULL, counterparty_id TEXT NOT NULL,
      unit_cost_e4 BIGINT,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, line_no)) {{clustered}}""",
    "CREATE INDEX stock_move_by_item ON stock_move (store_id, item_code, at_utc_ms)",
    "CREATE INDEX stock_move_by_day ON stock_move (store_id, business_day)",
    "CREATE INDEX stock_move_by_unit ON stock_move (store_id, unit_code) WHERE unit_code <> ''",
    "CREATE INDEX stock_move_by_batch ON stock_move (store_id, batch) WHERE batch <> ''",
    """CREATE INDEX stock_move_costed ON stock_move (store_id, item_code)
      WHERE unit_cost_e4 IS NOT NULL""",
    # Lines of sales that name a batch or a unit: few, so that the others need no columns for it.
    f"""CREATE TABLE sale_batch ({_ENTRY}, line_no BIGINT NOT NULL,
      item_code TEXT NOT NULL, batch TEXT NOT NULL, unit_code TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, line_no)) {{clustered}}""",
    "CREATE INDEX sale_batch_by_batch ON sale_batch (store_id, batch) WHERE batch <> ''",
    "CREATE INDEX sale_batch_by_unit ON sale_batch (store_id, unit_code) WHERE unit_code <> ''",
    f"""CREATE TABLE register_note ({_ENTRY}, {_BY},
      register TEXT NOT NULL, subject TEXT NOT NULL, action TEXT NOT NULL,
      item_code TEXT NOT NULL, batch TEXT NOT NULL, unit_code TEXT NOT NULL,
      quantity_milli BIGINT NOT NULL, document_no TEXT NOT NULL, person_id TEXT NOT NULL,
      event_utc_ms BIGINT NOT NULL, fields TEXT NOT NULL, {_ENTRY_KEY}""",
    """CREATE INDEX register_note_by_register ON register_note
      (store_id, register, subject, at_utc_ms)""",
    "CREATE INDEX register_note_by_day ON register_note (store_id, register, business_day)",
    f"""CREATE TABLE count_event ({_ENTRY}, {_BY},
      count_id TEXT NOT NULL, action TEXT NOT NULL, count_kind TEXT NOT NULL,
      pass_no BIGINT NOT NULL, area TEXT NOT NULL, counter_id TEXT NOT NULL,
      order_id TEXT NOT NULL, approver_id TEXT NOT NULL, item_classes TEXT NOT NULL,
      item_codes TEXT NOT NULL, note TEXT NOT NULL, {_ENTRY_KEY}""",
    "CREATE INDEX count_event_by_count ON count_event (store_id, count_id)",
    f"""CREATE TABLE count_scan ({_ENTRY}, scan_no BIGINT NOT NULL,
      business_day TEXT NOT NULL, count_id TEXT NOT NULL, pass_no BIGINT NOT NULL,
      area TEXT NOT NULL, counter_id TEXT NOT NULL, item_code TEXT NOT NULL,
      quantity_milli BIGINT NOT NULL, at_utc_ms BIGINT NOT NULL, after_seq BIGINT NOT NULL,
      batch TEXT NOT NULL, unit_code TEXT NOT NULL, tag TEXT NOT NULL,
      description TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, scan_no)) {{clustered}}""",
    "CREATE INDEX count_scan_by_count ON count_scan (store_id, count_id, pass_no, item_code)",
    "ALTER TABLE sale ADD COLUMN corrected_utc_ms BIGINT NOT NULL DEFAULT 0",
    "UPDATE sale SET corrected_utc_ms = at_utc_ms",
    # ------------------------------------------------------------------ the ledger by item
    "ALTER TABLE epoch ADD COLUMN folded_seq BIGINT NOT NULL DEFAULT 0",
    """CREATE TABLE stock_card (
      store_id TEXT NOT NULL, item_code TEXT NOT NULL, at_utc_ms BIGINT NOT NULL,
      workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL, seq BIGINT NOT NULL,
      line_no BIGINT NOT NULL, business_day TEXT NOT NULL, place TEXT NOT NULL,
      batch TEXT NOT NULL, unit_code TEXT NOT NULL, quantity_milli BIGINT NOT NULL,
      reason TEXT NOT NULL, unit_cost_e4 BIGINT,
      PRIMARY KEY (store_id, item_code, at_utc_ms, workstation_no, epoch_no, seq, line_no))
      {clustered}""",
    """CREATE TABLE stock_balance (
      store_id TEXT NOT NULL, item_code TEXT NOT NULL, place TEXT NOT NULL,
      batch TEXT NOT NULL, quantity_milli BIGINT NOT NULL,
      PRIMARY KEY (store_id, item_code, place, batch)) {clustered}""",
    """CREATE TABLE stock_cost (
      store_id TEXT NOT NULL, item_code TEXT NOT NULL, unit_cost_e4 BIGINT NOT NULL,
      at_utc_ms BIGINT NOT NULL, PRIMARY KEY (store_id, item_code)) {clustered}""",
    """CREATE TABLE stock_day (
      store_id TEXT NOT NULL, business_day TEXT NOT NULL, workstation_no BIGINT NOT NULL,
      epoch_no BIGINT NOT NULL, first_seq BIGINT NOT NULL, last_seq BIGINT NOT NULL,
      PRIMARY KEY (store_id, business_day, workstation_no, epoch_no)) {clustered}""",
    # ------------------------------------------------------- what is known beside the books
    """CREATE TABLE stock_change (
      store_id TEXT NOT NULL, item_code TEXT NOT NULL, change_no BIGINT NOT NULL,
      PRIMARY KEY (store_id, item_code)) {clustered}""",
    "CREATE INDEX stock_change_by_number ON stock_change (store_id, change_no, item_code)",
    """CREATE TABLE ledger_proof (
      store_id TEXT NOT NULL, business_day TEXT NOT NULL, workstation_no BIGINT NOT NULL,
      epoch_no BIGINT NOT NULL, seq BIGINT NOT NULL, movements BIGINT NOT NULL,
      sum_milli BIGINT NOT NULL, sha256 TEXT NOT NULL, own_movements BIGINT NOT NULL,
      own_sum_milli BIGINT NOT NULL, own_sha256 TEXT NOT NULL, equal BIGINT NOT NULL,
      checked_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, business_day, workstation_no, epoch_no, seq)) {clustered}""",
    """CREATE TABLE transfer_order (
      store_id TEXT NOT NULL, document_uuid TEXT NOT NULL, to_store_id TEXT NOT NULL,
      published_utc_ms BIGINT NOT NULL, done_utc_ms BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (store_id, document_uuid)) {clustered}""",
    "CREATE INDEX transfer_order_open ON transfer_order (to_store_id) WHERE done_utc_ms = 0",
    # --------------------------------------------------------------------------- the views
    "DROP VIEW stock_on_hand",
    "DROP VIEW stock_ledger",
    f"""CREATE VIEW stock_ledger AS
      SELECT l.store_id, l.workstation_no, l.epoch_no, l.seq, l.line_no, l.business_day,
        COALESCE(s.corrected_utc_ms, 0) AS at_utc_ms, l.item_code, '' AS place,
        COALESCE(b.batch, '') AS batch, COALESCE(b.unit_code, '') AS unit_code,
        CASE WHEN l.kind = 'adjust' THEN l.quantity_milli ELSE -l.quantity_milli END
          AS quantity_milli,
        l.kind AS reason, COALESCE(s.transaction_no, '') AS document_no,
        'transaction' AS document_kind, '' AS reference, '' AS counterparty_id,
        CAST(NULL AS BIGINT) AS unit_cost_e4
      FROM sale_line l
      LEFT JOIN sale s ON {_joined("s")}
      LEFT JOIN sale_batch b ON {_joined("b")} AND b.line_no = l.line_no
      WHERE l.kind <> 'other' AND l.item_code <> '' AND l.quantity_milli <> 0
      UNION ALL
      SELECT store_id, workstation_no, epoch_no, seq, line_no, business_day, at_utc_ms,
        item_code, place, batch, unit_code, quantity_milli, reason, document_no,
        document_kind, reference, counterparty_id, unit_cost_e4
      FROM stock_move""",
    """CREATE VIEW stock_on_hand AS
      SELECT store_id, item_code, SUM(quantity_milli) AS quantity_milli FROM (
        SELECT store_id, grouping_key AS item_code,
          units_returned_milli + units_voided_milli - units_sold_milli
            - units_adjusted_milli AS quantity_milli
        FROM daily WHERE dimension = 'item' AND grouping_key <> ''
        UNION ALL
        SELECT store_id, item_code, quantity_milli FROM stock_move WHERE place = ''
      ) moved GROUP BY store_id, item_code""",
)


def up(dialect: Dialect) -> None:
    """Create tables, indexes and the wider views."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
