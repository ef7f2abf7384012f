"""Names of classes of goods as this till was told them, in the language of the screen."""

from __future__ import annotations

from collections.abc import Callable

from pos.i18n import language
from pos.services.context import Till


def class_labels(till: Till) -> Callable[[str], str]:
    """Code → code and name of a class; the code alone when it has no name."""
    english = language() == "en"
    names = {
        row.item_class: (row.name_en or row.name) if english else row.name
        for row in till.reference.item_classes()
    }

    def label(item_class: str) -> str:
        name = names.get(item_class, "")
        return f"{item_class} {name}" if name and name != item_class else item_class

    return label
