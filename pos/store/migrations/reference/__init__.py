"""Numbered migrations of `reference.db`."""
