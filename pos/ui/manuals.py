"""Manuals of roles: the F1 pages of their screens, in the order in which one learns the work."""

from __future__ import annotations

from typing import Final

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.ui.help_pages import PAGES

MANUALS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "receiver": (
        N_("Manual for receiving and stock"),
        (
            "goods_home",
            "goods_receive",
            "goods_facts",
            "goods_check",
            "goods_sign",
            "goods_stock",
            "goods_count",
            "goods_leaving",
            "goods_loans",
            "goods_dispatch",
            "goods_quality",
            "goods_recall",
            "goods_batch",
            "goods_planning",
            "goods_report",
            "shelf_check",
        ),
    ),
}
"""Role → title and topics of its manual, in the order in which one learns the work."""


def manual(role: str) -> list[str]:
    """A role's manual as Markdown lines, in the language in use; KeyError for an unknown role."""
    title, topics = MANUALS[role]
    lines = [f"# {_(title)}"]
    for topic in topics:
        heading, *paragraphs = PAGES[topic].texts()
        lines += ["", f"## {heading}"]
        for paragraph in paragraphs:
            lines += ["", paragraph]
    return lines
