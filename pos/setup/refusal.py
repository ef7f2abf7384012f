"""Why a home cannot be set up as asked."""

from __future__ import annotations


class SetUpRefused(Exception):
    """Something that a home cannot be made of; texts are English templates with values."""

    def __init__(self, template: str, *, hint: str = "", **values: object) -> None:
        self.template = template
        self.hint_template = hint
        self.values = {name: str(value) for name, value in values.items()}
        super().__init__(template.format_map(self.values))

    @property
    def hint(self) -> str:
        """What to do about it, in English."""
        return self.hint_template.format_map(self.values)
