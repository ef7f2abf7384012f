"""Words of the quality pages: contacts, records and their columns, results of a look or a reading."""

from __future__ import annotations

from pos.i18n import N_

CONTACTS: dict[str, str] = {
    "told": N_("Told to stop using it"),
    "not_reached": N_("Not reached"),
    "returned_elsewhere": N_("Gave it back elsewhere"),
    "used_up": N_("Has used it up"),
}
"""What a store noted of a buyer → words."""

RECORDS: dict[str, str] = {
    "purchases": N_("Purchase record of medicines and devices"),
    "due": N_("Maintenance due"),
    "maintenance": N_("Maintenance record"),
    "temperatures": N_("Temperature and humidity record"),
}
COLUMNS: dict[str, str] = {
    "store_id": N_("Store"),
    "business_day": N_("Day"),
    "generic_name": N_("Generic name"),
    "description": N_("Name of goods"),
    "dosage_form": N_("Dosage form"),
    "spec": N_("Spec"),
    "maker": N_("Maker"),
    "batch": N_("Batch"),
    "production_day": N_("Production day"),
    "expiry": N_("Expiry"),
    "supplier": N_("Supplier"),
    "reference_no": N_("Delivery note"),
    "delivered": N_("Delivered"),
    "received": N_("Counted"),
    "accepted": N_("Accepted"),
    "rejected": N_("Rejected"),
    "unit": N_("Unit"),
    "unit_cost": N_("Unit cost"),
    "document_no": N_("Document"),
    "inspected_by": N_("Inspected by"),
    "checked_by": N_("Checked by"),
    "item_code": N_("Item code"),
    "item_class": N_("Class"),
    "entered": N_("Entered at"),
    "quantity": N_("Quantity"),
    "result": N_("Result"),
    "failed": N_("Points not in order"),
    "finding": N_("Finding"),
    "operator_id": N_("Person"),
    "workstation_id": N_("Till"),
    "due_day": N_("Due for a look"),
    "last_day": N_("Looked at or received"),
    "overdue_days": N_("Days overdue"),
    "read_at": N_("Read at"),
    "place": N_("Place"),
    "temperature": N_("Temperature"),
    "humidity": N_("Humidity"),
    "lowest": N_("Lowest"),
    "highest": N_("Highest"),
    "measure": N_("Measure"),
}
NUMBERS = frozenset(
    (
        *("delivered", "received", "accepted", "rejected", "unit_cost", "quantity"),
        *("overdue_days", "temperature", "humidity", "lowest", "highest"),
    )
)
"""Columns that stand to the right."""

RESULTS: dict[str, str] = {
    "keep": N_("Stays on sale"),
    "hold": N_("Set apart"),
    "scrap": N_("Written off"),
    "case_closed": N_("Dealt with"),
    "reading": N_("Within limits"),
    "out_of_limits": N_("Out of limits"),
}
BAD_RESULTS = frozenset(("hold", "scrap", "out_of_limits"))

CHECK_POINTS: dict[str, str] = {
    "packaging": N_("Packaging"),
    "label": N_("Labels"),
    "expiry": N_("Expiry"),
    "appearance": N_("Appearance"),
    "storage": N_("Storage conditions"),
}
"""Points of the check sheet that ship; a shop's own shows its id."""
