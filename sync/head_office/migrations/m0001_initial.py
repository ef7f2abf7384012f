"""The first schema: stores and tills, the journal, its projections, the feed, people.

`store_id` leads every primary and unique key, except in `setting` and the small tables about
people. Amounts are minor units, quantities thousandths, times unix milliseconds. `{blob}`,
`{clustered}` and `{exact_text}` (compared byte by byte) are put in by the dialect.
"""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 1
NAME = "initial"

RANK_LENGTH = 43
"""`described` begins with a rank of this length: the greatest text is the last description."""

_SUMS = (
    "transactions",
    "sale_lines",
    "return_lines",
    "void_lines",
    "adjust_lines",
    "other_lines",
    "units_sold_milli",
    "units_returned_milli",
    "units_voided_milli",
    "units_adjusted_milli",
    "gross_sales_minor",
    "returns_minor",
    "voids_minor",
    "other_minor",
    "discounts_minor",
)
_DAILY = (
    "store_id TEXT NOT NULL, business_day TEXT NOT NULL, currency TEXT NOT NULL, "
    "dimension TEXT NOT NULL, grouping_key TEXT NOT NULL, "
    + "".join(f"{name} BIGINT NOT NULL, " for name in _SUMS)
    + "described {exact_text} NOT NULL"
)
_DAILY_NAMES = ", ".join(
    ("store_id", "business_day", "currency", "dimension", "grouping_key", *_SUMS, "described")
)

_TABLES = (
    """CREATE TABLE setting (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)""",
    """CREATE TABLE store (
      store_id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, currency TEXT NOT NULL,
      contact TEXT NOT NULL DEFAULT '', active BIGINT NOT NULL DEFAULT 1,
      created_utc_ms BIGINT NOT NULL)""",
    """CREATE TABLE workstation (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, workstation_uuid TEXT NOT NULL,
      workstation_id TEXT NOT NULL, public_key TEXT NOT NULL, machine_id TEXT NOT NULL,
      app_version TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'active',
      enrolled_utc_ms BIGINT NOT NULL, last_seen_utc_ms BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (store_id, workstation_no))""",
    "CREATE INDEX workstation_by_uuid ON workstation (workstation_uuid)",
    """CREATE TABLE machine_seen (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, utc_day TEXT NOT NULL,
      machine_id TEXT NOT NULL, first_seen_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, utc_day, machine_id)) {clustered}""",
    """CREATE TABLE enrolment (
      store_id TEXT NOT NULL, code_hash TEXT NOT NULL, workstation_id TEXT NOT NULL,
      created_utc_ms BIGINT NOT NULL, expires_utc_ms BIGINT NOT NULL,
      used_utc_ms BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (store_id, code_hash))""",
    """CREATE TABLE epoch (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      epoch TEXT NOT NULL, acked_seq BIGINT NOT NULL, head_hash {blob} NOT NULL,
      final_seq BIGINT, reason TEXT NOT NULL DEFAULT '', state TEXT NOT NULL DEFAULT 'open',
      opened_utc_ms BIGINT NOT NULL, last_seen_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no),
      UNIQUE (store_id, workstation_no, epoch))""",
    """CREATE TABLE journal (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, entry_uuid TEXT, kind TEXT NOT NULL, business_day TEXT NOT NULL,
      at_utc_ms BIGINT NOT NULL, received_utc_ms BIGINT NOT NULL, flags TEXT NOT NULL,
      hash {blob} NOT NULL, bytes {blob} NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq),
      UNIQUE (store_id, entry_uuid))""",
    """CREATE TABLE quarantine (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, reason TEXT NOT NULL, received_utc_ms BIGINT NOT NULL,
      released_utc_ms BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq))""",
    """CREATE TABLE fork (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, hash {blob} NOT NULL, bytes {blob} NOT NULL,
      received_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, hash))""",
    """CREATE TABLE sales_audit (
      store_id TEXT NOT NULL, code TEXT NOT NULL, subject TEXT NOT NULL,
      business_day TEXT NOT NULL, workstation_id TEXT NOT NULL, detail TEXT NOT NULL,
      found_utc_ms BIGINT NOT NULL, resolved_utc_ms BIGINT NOT NULL DEFAULT 0,
      resolved_by TEXT NOT NULL DEFAULT '', PRIMARY KEY (store_id, code, subject))""",
    # ---------------------------------------------------------------------- projections
    """CREATE TABLE sale (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, business_day TEXT NOT NULL, workstation_id TEXT NOT NULL,
      currency TEXT NOT NULL, transaction_no TEXT NOT NULL, transaction_type TEXT NOT NULL,
      shift_no BIGINT NOT NULL, operator_id TEXT NOT NULL, at TEXT NOT NULL,
      at_utc_ms BIGINT NOT NULL, lines BIGINT NOT NULL, total_minor BIGINT NOT NULL,
      discount_minor BIGINT NOT NULL, original_transaction_no TEXT NOT NULL,
      roll_transaction TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq)) {clustered}""",
    "CREATE INDEX sale_by_number ON sale (store_id, transaction_no)",
    """CREATE TABLE sale_line (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, line_no BIGINT NOT NULL, business_day TEXT NOT NULL,
      currency TEXT NOT NULL, kind TEXT NOT NULL, item_code TEXT NOT NULL,
      description TEXT NOT NULL, item_class TEXT NOT NULL, quantity_milli BIGINT NOT NULL,
      unit_price_e4 BIGINT NOT NULL, unit_discount_e4 BIGINT NOT NULL,
      amount_minor BIGINT NOT NULL, discount_minor BIGINT NOT NULL,
      tax_rate_bp BIGINT NOT NULL, tax_minor BIGINT NOT NULL, at TEXT NOT NULL,
      original_transaction_no TEXT NOT NULL, original_line_no BIGINT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, line_no)) {clustered}""",
    """CREATE TABLE sale_tender (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, tender_no BIGINT NOT NULL, tender_type TEXT NOT NULL,
      amount_minor BIGINT NOT NULL, state TEXT NOT NULL, is_change BIGINT NOT NULL,
      reference TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, tender_no)) {clustered}""",
    """CREATE TABLE tender_decision (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, transaction_no TEXT NOT NULL, tender_no BIGINT NOT NULL,
      state TEXT NOT NULL, amount_minor BIGINT NOT NULL, business_day TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq)) {clustered}""",
    """CREATE TABLE till_day (
      store_id TEXT NOT NULL, business_day TEXT NOT NULL, workstation_no BIGINT NOT NULL,
      opened BIGINT NOT NULL, transactions BIGINT NOT NULL, lines BIGINT NOT NULL,
      net_minor BIGINT NOT NULL, discounts_minor BIGINT NOT NULL,
      z_no BIGINT NOT NULL, z_transactions BIGINT NOT NULL, z_lines BIGINT NOT NULL,
      z_net_minor BIGINT NOT NULL, z_discounts_minor BIGINT NOT NULL, z_forced BIGINT NOT NULL,
      z_perpetual_gross_minor BIGINT NOT NULL, z_at_utc_ms BIGINT NOT NULL,
      z_rank BIGINT NOT NULL,
      PRIMARY KEY (store_id, business_day, workstation_no)) {clustered}""",
    # Ingest appends what a batch adds; folding moves it into its place later; `daily` is both.
    f"""CREATE TABLE daily_delta ({_DAILY})""",
    f"""CREATE TABLE daily_folded ({_DAILY},
      PRIMARY KEY (store_id, dimension, business_day, currency, grouping_key)) {{clustered}}""",
    # No GROUP BY in the view, so that conditions reach the key: whoever reads it sums.
    f"""CREATE VIEW daily AS
      SELECT {_DAILY_NAMES}, SUBSTR(described, {RANK_LENGTH + 1}) AS description
      FROM daily_folded
      UNION ALL
      SELECT {_DAILY_NAMES}, SUBSTR(described, {RANK_LENGTH + 1}) AS description
      FROM daily_delta""",
    # Dimension `tender` uses two measures for its own: tender rows and their amount.
    """CREATE VIEW daily_tender AS
      SELECT store_id, business_day, currency, grouping_key AS tender_type, transactions,
        sale_lines AS tenders, gross_sales_minor AS amount_minor
      FROM daily WHERE dimension = 'tender'""",
    # A line's stock delta is the line itself (pos.domain.stock): no second row to keep in step.
    """CREATE VIEW stock_ledger AS
      SELECT store_id, workstation_no, epoch_no, seq, line_no, business_day, item_code,
        kind AS reason,
        CASE WHEN kind = 'adjust' THEN quantity_milli ELSE -quantity_milli END AS quantity_milli
      FROM sale_line WHERE kind <> 'other' AND item_code <> '' AND quantity_milli <> 0""",
    """CREATE VIEW stock_on_hand AS
      SELECT store_id, grouping_key AS item_code,
        SUM(units_returned_milli + units_voided_milli - units_sold_milli
          - units_adjusted_milli) AS quantity_milli
      FROM daily WHERE dimension = 'item' AND grouping_key <> ''
      GROUP BY store_id, grouping_key""",
    # ------------------------------------------------------- what is known beside the books
    """CREATE TABLE store_day (
      store_id TEXT NOT NULL, business_day TEXT NOT NULL, version BIGINT NOT NULL,
      changed_utc_ms BIGINT NOT NULL, PRIMARY KEY (store_id, business_day)) {clustered}""",
    """CREATE TABLE heartbeat (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, received_utc_ms BIGINT NOT NULL,
      epoch TEXT NOT NULL, max_seq BIGINT NOT NULL, acked_seq BIGINT NOT NULL,
      unsent BIGINT NOT NULL, oldest_unsent_ms BIGINT, business_day TEXT NOT NULL,
      day_state TEXT NOT NULL, catalogue_version BIGINT NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (store_id, workstation_no)) {clustered}""",
    """CREATE TABLE till_closed (
      store_id TEXT NOT NULL, business_day TEXT NOT NULL, workstation_no BIGINT NOT NULL,
      z_no BIGINT NOT NULL, transactions BIGINT NOT NULL, lines BIGINT NOT NULL,
      net_minor BIGINT NOT NULL, received_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, business_day, workstation_no)) {clustered}""",
    """CREATE TABLE day_declaration (
      store_id TEXT NOT NULL, business_day TEXT NOT NULL, workstation_id TEXT NOT NULL,
      kind TEXT NOT NULL, declared_by TEXT NOT NULL, reason TEXT NOT NULL,
      declared_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, business_day, workstation_id, kind)) {clustered}""",
    """CREATE TABLE nonce (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, nonce TEXT NOT NULL,
      seen_utc_ms BIGINT NOT NULL, PRIMARY KEY (store_id, workstation_no, nonce)) {clustered}""",
    # ----------------------------------------------------------------------------- the feed
    """CREATE TABLE publication (
      publication_no BIGINT NOT NULL PRIMARY KEY, scope TEXT NOT NULL, sha256 TEXT NOT NULL,
      published_utc_ms BIGINT NOT NULL, published_by TEXT NOT NULL, row_count BIGINT NOT NULL,
      changes {blob} NOT NULL)""",
    """CREATE TABLE feed (
      store_id TEXT NOT NULL, version BIGINT NOT NULL, publication_no BIGINT NOT NULL,
      feed_hash TEXT NOT NULL, PRIMARY KEY (store_id, version)) {clustered}""",
    """CREATE TABLE catalogue (
      scope TEXT NOT NULL, dataset TEXT NOT NULL, row_key TEXT NOT NULL,
      publication_no BIGINT NOT NULL, row {blob} NOT NULL,
      PRIMARY KEY (scope, dataset, row_key)) {clustered}""",
    """CREATE TABLE directive (
      store_id TEXT NOT NULL, directive_id TEXT NOT NULL, workstation_no BIGINT NOT NULL,
      kind TEXT NOT NULL, body TEXT NOT NULL, created_utc_ms BIGINT NOT NULL,
      done_utc_ms BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (store_id, directive_id))""",
    # ------------------------------------------------------------------ people and downloads
    """CREATE TABLE person (
      name TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, verifier TEXT NOT NULL,
      created_utc_ms BIGINT NOT NULL, active BIGINT NOT NULL DEFAULT 1)""",
    """CREATE TABLE session (
      session_hash TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, csrf TEXT NOT NULL,
      created_utc_ms BIGINT NOT NULL, expires_utc_ms BIGINT NOT NULL)""",
    """CREATE TABLE token (
      token_hash TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, store_id TEXT NOT NULL,
      created_utc_ms BIGINT NOT NULL, revoked_utc_ms BIGINT NOT NULL DEFAULT 0)""",
    """CREATE TABLE answer (
      question TEXT NOT NULL, revision BIGINT NOT NULL, business_day TEXT NOT NULL,
      store_id TEXT NOT NULL, created_utc_ms BIGINT NOT NULL, fingerprint TEXT NOT NULL,
      PRIMARY KEY (question, revision))""",
    """CREATE TABLE answer_file (
      question TEXT NOT NULL, revision BIGINT NOT NULL, format TEXT NOT NULL,
      sha256 TEXT NOT NULL, bytes {blob} NOT NULL,
      PRIMARY KEY (question, revision, format))""",
)


def up(dialect: Dialect) -> None:
    """Create every table, view and index."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
