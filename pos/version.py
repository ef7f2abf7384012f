"""The product's version, written into every journal entry."""

from __future__ import annotations

__version__ = "0.1.0"
