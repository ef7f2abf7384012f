"""What every slip says of the shop, apart from what happened."""

from __future__ import annotations

import msgspec

from drivers.document import Picture, StoredPicture


class SlipFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Shop, till, language and width of a slip."""

    columns: int
    """Cells of the paper: 32 for 58 mm, 48 for 80 mm."""

    language: str = "zh"
    """zh, en or both."""

    store_name: str = ""
    store_name_en: str = ""
    phone: str = ""
    address: str = ""
    header_lines: tuple[str, ...] = ()
    footer_lines: tuple[str, ...] = ()
    barcode: bool = True
    """Whether the transaction number is printed as a barcode, which a return scans."""

    logo: Picture | StoredPicture | None = None
    """At the head of each sales slip."""

    e_receipt_url: str = ""
    """Address of the electronic receipt, with {number} and {total}; empty for none."""

    workstation_id: str = ""
    tender_names: dict[str, tuple[str, str]] = {}
    """Tender type id → name and English name."""

    operator_names: dict[str, str] = {}
    reason_names: dict[str, tuple[str, str]] = {}
    """Reason id → name and English name, as offered on the screen."""

    registrations: dict[str, str] = {}
    """Item code → registration number of a medical device on this slip (CAT-13)."""

    safety_warning: tuple[str, str] = ("", "")
    """What is said below goods that touch persons' safety, and in English (CAT-11)."""

    training: bool = False

    def operator(self, operator_id: str) -> str:
        """Name of an operator, or the id when it is not known."""
        return self.operator_names.get(operator_id, operator_id)

    def reason(self, reason: str) -> tuple[str, str]:
        """Name and English name of a reason; what was typed freely stands as it is."""
        return self.reason_names.get(reason, (reason, reason))

    def tender(self, tender_type: str) -> tuple[str, str]:
        """Name and English name of a tender type."""
        return self.tender_names.get(tender_type, (tender_type, tender_type))
