"""Numbered migrations of `journal.db`."""
