"""The base of the models of `journal.db`."""

from __future__ import annotations

import peewee


class JournalModel(peewee.Model):
    """Models are schema and query builders; the database is bound when a store opens."""

    class Meta:
        """Names are given by each table."""

        legacy_table_names = False
