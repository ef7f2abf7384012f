"""Pages about stock: the report, an item's history, documents, what is under way."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from pos.domain.goods.orders import OrderKind
from pos.domain.quantity import format_quantity
from sync.head_office import (
    goods_documents,
    goods_items,
    goods_overdue,
    goods_transfers,
    stock_batches,
    stock_cards,
    stock_figures,
    stock_reports,
)
from sync.head_office.dashboard.paging import PAGE_ROWS, window
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.stock_requests import (
    NotHereError,
    class_sheet,
    codes_meant,
    csv_file,
    day_of,
    fits,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_dispatching import LATE_DAYS
from sync.head_office.goods_documents import DocumentFilter
from sync.head_office.order_documents import OPEN_STATES
from sync.head_office.register_documents import fields_of
from sync.head_office.service import Service

MAX_DOCUMENTS = 200
MAX_SHEET = 50_000
_DAY_MS = 86_400_000
_LABEL = 200


@get("/stock", include_in_schema=False)
async def stock_page(request: Req) -> Response[Any]:
    """Every store's value, or one store's report over days by item, class or batch."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    by = asked.get("by", "item")
    by = by if by in stock_reports.GROUPINGS else "item"
    days = (day_of(asked.get("from", "")), day_of(asked.get("to", "")))
    item_class = asked.get("class", "")[:_LABEL]
    find = asked.get("find", "").strip()[:_LABEL]

    def read(service: Service) -> dict[str, Any]:
        office = service.office
        stores = names_of(service, person.store_id)
        chosen = store_id or (next(iter(stores)) if len(stores) == 1 else "")
        found, classes = None, list[str]()
        if chosen:
            period = stock_reports.period(office.dialect, chosen, *days)
            found = stock_reports.report(office.dialect, chosen, *period, by)
            classes = sorted({row.item_class for row in found.rows if row.item_class})
            found.rows[:] = [row for row in found.rows if item_class in ("", row.item_class)]
            if find and by != "class":
                meant = codes_meant(office.dialect, find, chosen)
                found.rows[:] = [
                    row for row in found.rows if fits(find, meant, row.key, row.description)
                ]
        return {
            "stores": stores,
            "report": found,
            "classes": classes,
            "store_id": chosen,
            "values": [] if chosen else stock_reports.store_values(office, person.store_id),
        }

    values = await worker_of(request).read(read)
    found = values["report"]
    rows = [] if found is None else found.rows
    if asked.get("format") == "csv" and found is not None:
        name = f"stock-{found.store_id}-{found.first_day}-{found.last_day}-{by}.csv"
        return class_sheet(request, name, stock_reports.COLUMNS, stock_reports.as_rows(found))
    shown_rows = window(request, len(rows))
    shown = {
        **values,
        "by": by,
        "groupings": stock_reports.GROUPINGS,
        "window": shown_rows,
        "rows": shown_rows.of(rows),
        "item_class": item_class,
        "find": find,
        "value_sum": sum(row.value_minor or 0 for row in rows),
        "cost_sum": sum(row.cost_minor for row in rows),
        "lost_sum": sum(row.lost_minor for row in rows),
    }
    return page(request, "stock.html", {**shown, **frame(person, "/stock")})


@get("/stock/item", include_in_schema=False)
async def item_page(request: Req) -> Response[Any]:
    """One item's accounts and history; `find` takes a barcode, a serial number or a batch too."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    code, find = asked.get("item", "")[:_LABEL], asked.get("find", "").strip()[:_LABEL]
    unit, before = asked.get("unit", "")[:_LABEL], asked.get("before", "")[:_LABEL]
    batch = asked["batch"][:_LABEL] if asked.get("batch", "") else None

    def read(service: Service) -> dict[str, Any]:
        dialect = service.office.dialect
        stores = names_of(service, person.store_id)
        store = store_id or next(iter(stores), "")
        matches = stock_cards.items_of(dialect, store, find) if find and not code else []
        item_code = code or (matches[0] if len(matches) == 1 else "")
        if not item_code:
            return {
                "stores": stores,
                "store_id": store,
                "item_code": "",
                "matches": goods_items.items(dialect, matches, store),
                "codes": matches,
            }
        figures = stock_figures.of_item(dialect, store, item_code)
        dates = stock_batches.expiries(dialect, store, [item_code]).get(item_code, {})
        viewed = stock_batches.viewed(figures, dates)
        return {
            "stores": stores,
            "store_id": store,
            "item_code": item_code,
            "item": goods_items.items(dialect, [item_code], store).get(item_code),
            "figures": sorted(viewed.items()),
            "dates": dates,
            "taken_off": viewed != figures,
            "on_hand": sum(q for (place, _), q in figures.items() if place == ""),
            "cost": stock_figures.costs(dialect, store, [item_code]).get(item_code),
            "card": stock_cards.card(
                dialect, store, item_code, before=before, batch=batch, unit_code=unit
            ),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv" and values["item_code"]:
        rows = [
            {
                "store_id": values["store_id"],
                "item_code": values["item_code"],
                "business_day": line.business_day,
                "reason": line.reason,
                "place": line.place,
                "batch": line.batch,
                "unit_code": line.unit_code,
                "quantity": format_quantity(line.quantity_milli),
                "document_no": line.document_no,
                "workstation_id": line.workstation_id,
                "operator_id": line.operator_id,
            }
            for line in values["card"].lines
        ]
        columns = tuple(rows[0]) if rows else ("store_id", "item_code")
        return csv_file(f"item-{values['item_code']}.csv", columns, rows)
    shown = {**values, "find": find, "batch": batch or "", "unit": unit, "before": before}
    return page(request, "stock_item.html", {**shown, **frame(person, "/stock")})


@get("/stock/document", include_in_schema=False)
async def document_page(request: Req) -> Response[Any]:
    """One goods document with all its numbers and signatures, or a receipt of a sale."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    store_id, key = store_of(request, person), request.query_params.get("key", "")[:_LABEL]
    try:
        found = await worker_of(request).read(
            lambda service: stock_cards.document(service.office.dialect, store_id, key)
        )
    except LookupError as error:
        raise NotHereError("not_here", str(error)) from error
    return page(request, "stock_document.html", {"shown": found, **frame(person, "/stock")})


@get("/stock/documents", include_in_schema=False)
async def documents_page(request: Req) -> Response[Any]:
    """Goods documents, the latest first: of a kind, state, time or text when asked, by the page."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    wanted = DocumentFilter(
        store_id=store_of(request, person),
        kind=asked.get("kind", "")[:40],
        state=asked.get("state", "")[:40],
        first_day=day_of(asked.get("from", "")),
        last_day=day_of(asked.get("to", "")),
        find=asked.get("find", "").strip()[:_LABEL],
    )
    whole = asked.get("format") == "csv"

    def read(service: Service) -> dict[str, Any]:
        dialect = service.office.dialect
        totals = goods_documents.totals(dialect, wanted)
        shown = window(request, totals.count)
        return {
            "stores": names_of(service, person.store_id),
            "window": shown,
            "totals": totals,
            "documents": goods_documents.listed(
                dialect,
                wanted,
                offset=0 if whole else shown.offset,
                limit=MAX_SHEET if whole else PAGE_ROWS,
            ),
        }

    values = await worker_of(request).read(read)
    if whole:
        return csv_file(
            "documents.csv", goods_documents.COLUMNS, goods_documents.as_rows(values["documents"])
        )
    return page(
        request,
        "stock_documents.html",
        {**values, "wanted": wanted, "store_id": wanted.store_id, **frame(person, "/stock")},
    )


@get("/stock/transit", include_in_schema=False)
async def transit_page(request: Req) -> Response[Any]:
    """Transfers and dispatches: what is under way and for how long, what came and differs."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)

    def read(service: Service) -> dict[str, Any]:
        office, dialect = service.office, service.office.dialect
        found = goods_transfers.transfers(dialect, store_id=store_id, limit=MAX_DOCUMENTS)
        return {
            "stores": names_of(service, person.store_id),
            "names": names_of(service, ""),
            "transfers": [
                (one, one.age_days(office.clock_ms()), _different(dialect, one)) for one in found
            ],
            "dispatches": _dispatches(service, store_id),
            "entries": goods_overdue.open_entries(office, store_id=store_id),
        }

    values = await worker_of(request).read(read)
    if request.query_params.get("format") == "csv":
        rows = [
            {
                "from_store": one.from_store,
                "to_store": one.to_store,
                "document_no": one.document_no,
                "business_day": one.business_day,
                "sent": format_quantity(one.sent_milli),
                "received_no": one.received_no,
                "received_day": one.received_day,
                "received": format_quantity(one.received_milli) if one.arrived else "",
                "age_days": age,
            }
            for one, age, _lines in values["transfers"]
        ]
        columns = tuple(rows[0]) if rows else ("from_store", "to_store", "document_no")
        return csv_file("transfers.csv", columns, rows)
    shown = {**values, "store_id": store_id, "late_days": LATE_DAYS}
    return page(request, "stock_transit.html", {**shown, **frame(person, "/stock")})


# ------------------------------------------------------------------------------------ helpers


def _dispatches(service: Service, store_id: str) -> list[dict[str, Any]]:
    """Dispatches under way, the oldest first, with what the store confirmed of each (RCV-11)."""
    office, dialect = service.office, service.office.dialect
    found = service.orders.documents(
        kinds=(OrderKind.DISPATCH.value,),
        states=[state.value for state in OPEN_STATES],
        store_id=store_id,
        limit=MAX_DOCUMENTS,
    )
    listed = []
    for one in sorted(found, key=lambda order: order.placed_utc_ms):
        notes = dialect.query(
            "SELECT business_day, quantity_milli, fields FROM register_note WHERE store_id = ? "
            "AND register = 'arrival' AND subject = ? ORDER BY at_utc_ms",
            (one.store_id, one.order_id),
        )
        age = max(0, (office.clock_ms() - (one.placed_utc_ms or one.entered_utc_ms)) // _DAY_MS)
        listed.append(
            {
                "store_id": one.store_id,
                "order_no": one.order.order_no or one.order_id,
                "sent_day": one.order.sent_day,
                "age_days": age,
                "sent_milli": sum(line.quantity_milli for line in one.order.lines),
                "done_milli": sum(line.done_milli for line in one.order.lines),
                "carrier": one.order.fields.get("carrier", ""),
                "confirmed": [_arrived(day, quantity, text) for day, quantity, text in notes],
            }
        )
    return listed


def _arrived(day: Any, quantity: Any, text: Any) -> dict[str, Any]:
    """What a store's arrival confirmation says: received, short and damaged, in thousandths."""
    fields = fields_of(text)
    said = {
        name: int(value)
        for name in ("short_milli", "damaged_milli")
        if (value := fields.get(name, "")).isascii() and value.isdigit() and len(value) < 19
    }
    return {
        "day": str(day),
        "received_milli": int(quantity),
        "short_milli": said.get("short_milli", 0),
        "damaged_milli": said.get("damaged_milli", 0),
    }


def _different(dialect: Any, transfer: goods_transfers.Transfer) -> list[goods_transfers.Line]:
    if not transfer.arrived or transfer.received_milli == transfer.sent_milli:
        return []
    return [one for one in goods_transfers.lines_of(dialect, transfer) if one.difference_milli]


ROUTES = [
    stock_page,
    item_page,
    document_page,
    documents_page,
    transit_page,
]
