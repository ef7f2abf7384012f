"""Tables of what this till says beside the catalogue, as peewee models (R28, R29)."""

from __future__ import annotations

import peewee

from pos.store.model_base import JournalModel


class LocalItem(JournalModel):
    """Overlay: an item that this lone shop made itself (R28)."""

    item_code = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    item_class = peewee.TextField()
    unit = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_item"


class LocalBarcode(JournalModel):
    """Overlay: a barcode of a local item."""

    code = peewee.TextField(primary_key=True)
    item_code = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_barcode"


class LocalPrice(JournalModel):
    """Overlay: a price corrected at this till; looked up before the catalogue's."""

    item_code = peewee.TextField(primary_key=True)
    unit_price_e4 = peewee.IntegerField()
    catalogue_version = peewee.IntegerField()
    corrected = peewee.IntegerField()
    ticked = peewee.IntegerField(default=0)

    class Meta:
        """Table."""

        table_name = "local_price"


class LocalOperator(JournalModel):
    """Overlay: an operator of a lone shop, or a PIN changed at this till (R28, R29)."""

    operator_id = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    role = peewee.TextField()
    language = peewee.TextField()
    active = peewee.IntegerField()
    verifier = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_operator"


class UnknownCodeRow(JournalModel):
    """Projection: the 待建档 list."""

    code = peewee.TextField(primary_key=True)
    times = peewee.IntegerField()
    description = peewee.TextField()
    unit_price_e4 = peewee.IntegerField(null=True)
    last_entry_id = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "unknown_code"
