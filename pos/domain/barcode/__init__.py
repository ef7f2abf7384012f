"""Barcodes: from the text of one scan to a value: what was scanned, or why it is not known.

`classify` is the only door. What a scanner sends is ambiguous by itself: eighteen digits are a
weighed label here and a customer's payment code there; an EAN-13 with one misread digit is a
well-formed GS1 message to a parser that is asked nothing but "can you read this?". So the order
of the questions is the design (B1):

1. the shape allowed at all: bounded length, ASCII, no control characters but GS within GS1;
2. what the scanner says it read, the AIM symbology identifier `]cm` (ISO/IEC 15424);
3. where the till is: only the payment step knows payment codes (B3);
4. the shop's own weighed labels, which have priority over GTINs (B2);
5. GTINs by length and check digit; 6. drug trace codes; 7. GS1 element strings and Digital Links;
8. the rest.

Every GTIN becomes fourteen digits of text, the catalogue's key. Nothing here raises on a scan: a
code that is not understood is an `Unknown` with its reason, a line that the cashier sees. GS1
fields are read by biip after all this, imported when the first GS1 code arrives (`preload_gs1`
does it earlier), so that a plain EAN-13 costs two microseconds.
"""

from __future__ import annotations

from pos.domain.barcode.check_digit import check_digit, has_valid_check_digit
from pos.domain.barcode.classify import (
    COMMAND_PREFIX,
    MAX_SCAN_LENGTH,
    classify,
    lookup_keys,
)
from pos.domain.barcode.dual import PackRead, is_same_pack
from pos.domain.barcode.gs1 import iso_date, preload_gs1
from pos.domain.barcode.gtin import expand_upc_e, is_valid_gtin, normalise_gtin14
from pos.domain.barcode.in_store import (
    LayoutError,
    WeighedLayout,
    parse_layout,
    quantity_from_amount,
)
from pos.domain.barcode.payment import mask_payment_codes, payment_scheme
from pos.domain.barcode.values import (
    Classified,
    CommandCode,
    Gs1Message,
    Gtin,
    GtinFormat,
    InStoreCode,
    PaymentCode,
    PaymentScheme,
    ReceiptNumber,
    ScanContext,
    TraceCode,
    Unknown,
    UnknownReason,
)

__all__ = [
    "COMMAND_PREFIX",
    "MAX_SCAN_LENGTH",
    "Classified",
    "CommandCode",
    "Gs1Message",
    "Gtin",
    "GtinFormat",
    "InStoreCode",
    "LayoutError",
    "PackRead",
    "PaymentCode",
    "PaymentScheme",
    "ReceiptNumber",
    "ScanContext",
    "TraceCode",
    "Unknown",
    "UnknownReason",
    "WeighedLayout",
    "check_digit",
    "classify",
    "expand_upc_e",
    "has_valid_check_digit",
    "is_same_pack",
    "is_valid_gtin",
    "iso_date",
    "lookup_keys",
    "mask_payment_codes",
    "normalise_gtin14",
    "parse_layout",
    "payment_scheme",
    "preload_gs1",
    "quantity_from_amount",
]
