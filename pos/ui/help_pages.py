"""What F1 says about a job in words, and the manuals made of the same pages (TRN-04).

A page is written once: F1 on a screen shows it above the screen's keys, and `pos manual` prints a
role's pages in order, so that paper and screen cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pos.i18n import N_
from pos.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One job in words."""

    title: str
    paragraphs: tuple[str, ...]
    """Each a rule or a step; shown wrapped, with a line between."""

    def texts(self) -> list[str]:
        """Title and paragraphs in the language in use."""
        return [_(self.title), *map(_, self.paragraphs)]


PAGES: Final[dict[str, HelpPage]] = {
    "goods_home": HelpPage(
        N_("The goods home"),
        (
            N_(
                "Type a task's number and Enter, or go down with + and choose with Enter. "
                "What you may not do is shown dim."
            ),
            N_(
                "Below the tasks stand drafts that you can go on with and everything that is "
                "overdue. A draft stays until it is signed by two people or given up: leaving "
                "it for the till, a lock or a power cut loses nothing."
            ),
        ),
    ),
    "goods_sign": HelpPage(
        N_("Two signatures"),
        (
            N_(
                "Goods that come in or go out are inspected and signed by one person and checked "
                "and signed by another: number, Enter, PIN, Enter. The two are never the same "
                "person."
            ),
            N_(
                "A document with one signature is no acceptance. It raises no stock, is not sent "
                "to head office, and the day cannot be closed while it waits."
            ),
            N_("Whoever changes a line takes both signatures of that line away; sign it again."),
        ),
    ),
}
"""Topic of a screen → its page."""

MANUALS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "receiver": (N_("Manual for receiving and stock"), ("goods_home", "goods_sign")),
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
