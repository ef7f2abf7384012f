"""A shop of goods with batches, serial numbers and licences, received and on the shelf."""

from __future__ import annotations

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import ClassRule, ItemRule, Order, OrderLine
from pos.domain.goods.registers import RegisterNoted
from pos.domain.item import ItemBarcode, Price
from pos.domain.journal.entry import SCHEMA, Envelope, encode_body, encode_entry
from pos.domain.journal.kinds import EntryKind
from pos.services.context import Till
from pos.services.goods import documents, drafting
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.reference_values import Changes, Hold, ItemClass
from pos.store.reference_writer import ReferenceWriter
from pos.store.sibling_journals import SiblingEntry, put_entries
from sync.feed_rows import FeedItem
from tests.pos.services.goods.receiving_shop import fixed

PILLS, PHONE, STENT, FUSE, DOSE, COLA, GUN = (
    "PILLS",
    "PHONE",
    "STENT",
    "FUSE",
    "DOSE",
    "COLA",
    "GUN",
)
AIM = "]d2"
EANS = {
    PILLS: fixed("6901070300011"),
    PHONE: fixed("6941234500014"),
    STENT: fixed("6941234500021"),
    FUSE: fixed("6941234500038"),
    DOSE: fixed("6941234500045"),
    COLA: fixed("6954767410173"),
    GUN: fixed("6941234500052"),
}
NAMES = {
    PILLS: ("阿莫西林胶囊", "medicine"),
    PHONE: ("手机", "phones"),
    STENT: ("一次性注射器", "devices"),
    FUSE: ("插线板", "safety"),
    DOSE: ("复方可待因", "controlled"),
    COLA: ("可乐", "drinks"),
    GUN: ("烟花", "fireworks"),
}


def changes() -> Changes:
    return Changes(
        classes=[ItemClass(item_class="controlled", name="专管药品", parent="medicine")],
        items=[
            FeedItem(item_code=code, name=name, item_class=of_class, unit="盒", spec="10片")
            for code, (name, of_class) in NAMES.items()
        ],
        barcodes=[
            ItemBarcode(code=ean.rjust(14, "0"), item_code=code) for code, ean in EANS.items()
        ],
        prices=[
            Price(item_code=code, effective_day="2026-01-01", unit_price_e4=125_000)
            for code in NAMES
        ],
        class_rules=[
            ClassRule(
                item_class="medicine",
                trade="medicine",
                batch_tracked=True,
                dates="both",
                maintenance_days=30,
            ),
            ClassRule(
                item_class="controlled", trade="medicine", batch_tracked=True, controlled=True
            ),
            ClassRule(item_class="phones", serial_tracked=True),
            ClassRule(item_class="devices", trade="device", batch_tracked=True),
            ClassRule(item_class="safety", trade="safety"),
            ClassRule(item_class="fireworks", in_scope=False),
        ],
        item_rules=[
            ItemRule(
                item_code=STENT,
                registration_no="国械注准20193140001",
                maker="康德莱",
                maker_licence_no="沪药监械生产许20010001",
                sterile=True,
            ),
            ItemRule(
                item_code=PILLS, generic_name="阿莫西林", dosage_form="胶囊剂", maker="华北制药"
            ),
        ],
    )


def publish(till: Till, rows: Changes | None = None) -> None:
    """Put rows into force as the next version."""
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        writer.add_local(rows or changes())


def sibling_notes(till: Till, *notes: RegisterNoted) -> None:
    """Another till of the shop wrote these, and head office handed them on (R14)."""
    sibling_wrote(till, EntryKind.REGISTER_NOTED, *notes)


def sibling_wrote(till: Till, kind: EntryKind, *bodies: msgspec.Struct) -> None:
    """Another till of the shop wrote entries of a kind, and head office handed them on (R14)."""
    identity = till.journal.identity
    entries = [
        SiblingEntry(
            "99",
            "sibling",
            seq,
            encode_entry(
                Envelope(
                    schema=SCHEMA,
                    kind=kind,
                    store_id=identity.store_id,
                    workstation_id="99",
                    workstation_uuid="sibling",
                    epoch="sibling",
                    seq=seq,
                    entry_uuid=f"sibling-{seq}",
                    business_day=till.business_day,
                    at_utc_ms=till.clock.utc_ms(),
                    utc_offset_minutes=480,
                    monotonic_ms=0,
                    operator_id="9001",
                    currency=identity.currency,
                    app_version="test",
                    body=encode_body(body),
                )
            ),
        )
        for seq, body in enumerate(bodies, start=1)
    ]
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        assert put_entries(writer, entries) == len(bodies)


def hold(
    till: Till, item_code: str, batch: str = "", serial: str = "", hold_id: str = "H1"
) -> None:
    """Head office holds an item, a batch or a pack."""
    one = Hold(
        hold_id=hold_id, item_code=item_code, batch=batch, serial=serial, reason="召回2026-7号"
    )
    publish(till, Changes(holds=[one]))


def recall(till: Till, item_code: str, batch: str, order_id: str = "RC1") -> None:
    """Head office recalls a batch: a hold and its order."""
    line = OrderLine(line_no=1, item_code=item_code, quantity_milli=0, batch=batch)
    order = Order(
        order_id=order_id,
        order_kind="recall",
        order_no="ZH-7",
        lines=(line,),
        note="含量不合格",
    )
    one = Hold(hold_id=f"H-{order_id}", item_code=item_code, batch=batch, reason="召回ZH-7")
    publish(till, Changes(holds=[one], orders=[order]))


def line(number: int, item_code: str, quantity: int, **more: object) -> GoodsLine:
    """One accepted line."""
    return GoodsLine(
        line_no=number,
        item_code=item_code,
        quantity_milli=quantity * 1000,
        received_milli=quantity * 1000,
        description=NAMES[item_code][0],
        item_class=NAMES[item_code][1],
        unit_cost_e4=50_000,
        **more,  # type: ignore[arg-type]
    )


def post(till: Till, kind: DocumentKind, *lines: GoodsLine, **more: str) -> GoodsDocument:
    """Two people sign and the document is posted."""
    draft = drafting.begin(
        till,
        GoodsDocument(document_uuid="", document_kind=kind, document_no="", lines=lines, **more),
    )
    for operator_id in ("3001", "8001"):
        signed = documents.sign(till, draft, Credentials(person(till, operator_id)))
        assert not hasattr(signed, "code"), signed
        draft = signed
    posted = documents.post(till, draft)
    return posted.saved.result(5)


def receive(till: Till, *lines: GoodsLine, **more: str) -> GoodsDocument:
    """A receipt from a supplier."""
    more.setdefault("counterparty_id", "S1")
    more.setdefault("counterparty_name", "康源医药")
    more.setdefault("reference_no", "SH-0815")
    return post(till, DocumentKind.RECEIPT, *lines, **more)


def stocked(till: Till) -> None:
    """What most tests need on the shelf."""
    publish(till)
    receive(
        till,
        line(1, PILLS, 10, batch="B-NEW", expiry="2028-05-31", production_day="2026-06-01"),
        line(2, PILLS, 4, batch="B-OLD", expiry="2027-03-31"),
        line(3, PILLS, 1, batch="B-PAST", expiry="2026-11-20"),
        line(4, PHONE, 2, unit_codes=("SN1", "SN2")),
        line(5, STENT, 8, batch="D1", expiry="2029-01-31", sterilisation_batch="MJ-5"),
        line(6, COLA, 24),
        line(7, DOSE, 3, batch="C1", expiry="2028-01-31"),
    )


def pack(item_code: str, batch: str = "", expiry: str = "", serial: str = "") -> str:
    """A 2D code; `expiry` as YYMMDD."""
    text = f"01{EANS[item_code].rjust(14, '0')}"
    text += f"17{expiry}" if expiry else ""
    text += f"10{batch}\x1d" if batch else ""
    return text + (f"21{serial}" if serial else "")
