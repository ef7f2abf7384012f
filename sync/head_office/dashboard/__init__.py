"""Head office's pages: who has not synced and why, incomplete days, then money, and 下载 Excel."""

from __future__ import annotations

from sync.head_office.dashboard.routes import ROUTES

__all__ = ["ROUTES"]
