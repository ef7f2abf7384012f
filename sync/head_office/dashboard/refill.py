"""Puts what was typed back into a page's own form, with what is wrong next to each field.

A form that is refused comes back as its page shows it, not as a page of its own: the page is made
anew and the form that was sent is found in it by its address and its hidden fields. So every form of
every page comes back filled, and no page has to say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from html.parser import HTMLParser
from typing import Final

_KEPT: Final = frozenset({"hidden", "password", "file", "submit", "button", "image", "reset"})
"""Kinds of input that are not filled: they are the page's own, or no business of a page."""

Attributes = dict[str, str | None]


def refill(
    page: str,
    address: str,
    typed: Mapping[str, Sequence[str]],
    problems: Sequence[tuple[str, str]],
    heading: str,
    code: str = "",
) -> str:
    """The page with the form of `address` filled, and the problems as (field, sentence).

    A problem whose field the form has not stands at the form's head; without the form, the page's.
    """
    finder = _Finder(address, typed)
    finder.feed(page)
    head = _alert(heading, [told for at, told in problems if at not in finder.fields], code)
    writer = _Writer(finder.best, typed, problems, head)
    writer.feed(page)
    writer.close()
    text = "".join(writer.out)
    if finder.best < 0:
        before, mark, rest = text.partition('<main class="container">')
        return before + mark + head + rest
    return text


class _Finder(HTMLParser):
    """Which form of the page was sent: address and hidden fields have to agree."""

    def __init__(self, address: str, typed: Mapping[str, Sequence[str]]) -> None:
        super().__init__(convert_charrefs=True)
        self._address = address
        self._typed = typed
        self._number = -1
        self._score = -1
        self._names: set[str] = set()
        self._best_score = -1
        self.best = -1
        self.fields: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self._number += 1
            self._names = set()
            mine = values.get("action") == self._address and values.get("method") == "post"
            self._score = 0 if mine else -1
            return
        name = values.get("name")
        if self._score < 0 or not name:
            return
        if tag == "input" and values.get("type") == "hidden":
            if name == "csrf":
                return
            agrees = (values.get("value") or "") in self._typed.get(name, ())
            self._score = self._score + 1 if agrees else -1
        elif tag == "button":
            self._score += (values.get("value") or "") in self._typed.get(name, ())
        elif tag in ("input", "select", "textarea"):
            self._names.add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            if self._score > self._best_score:
                self._best_score, self.best, self.fields = self._score, self._number, self._names
            self._score = -1


class _Writer(HTMLParser):
    """Writes the page again, and inside the form what was typed."""

    def __init__(
        self,
        number: int,
        typed: Mapping[str, Sequence[str]],
        problems: Sequence[tuple[str, str]],
        head: str,
    ) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._wanted = number
        self._number = -1
        self._typed = typed
        self._problems = problems
        self._head = head
        self._inside = False
        self._details: list[int] = []
        self._select = ""
        self._after = ""
        self._silent = False
        self._focused = False

    # ------------------------------------------------------------------- what is parsed

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        if tag == "details":
            self._details.append(len(self.out))
        if tag == "form":
            self._number += 1
            self._inside = self._number == self._wanted
            self.out.append(raw)
            if self._inside:
                self._open_details()
                self.out.append(self._head)
            return
        if not self._inside or tag not in ("input", "select", "textarea", "option"):
            self.out.append(raw)
            return
        values: Attributes = dict(attrs)
        name = values.get("name") or ""
        if tag == "option":
            self._option(values, raw)
            return
        wrong = self._wrong(name)
        changed = tag == "input" and self._fill(values)
        if wrong:
            values["aria-invalid"] = "true"
            values["aria-describedby"] = f"wrong-{name}"
            if not self._focused:
                values["autofocus"] = None
                self._focused = True
        self.out.append(_tag(tag, values) if changed or wrong else raw)
        if tag == "input":
            self.out.append(wrong)
        else:
            self._after = wrong
            self._select = name if tag == "select" else ""
            if tag == "textarea" and name in self._typed:
                self.out.append("\n" + escape(self._typed[name][0], quote=False))
                self._silent = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._silent = False
        self.out.append(f"</{tag}>")
        if tag in ("textarea", "select"):
            self.out.append(self._after)
            self._after, self._select = "", ""
        elif tag == "form":
            self._inside = False
        elif tag == "details" and self._details:
            self._details.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    # ------------------------------------------------------------------------- helpers

    def _fill(self, values: Attributes) -> bool:
        """Put a field's value in; returns whether its tag has to be written anew."""
        kind, name = values.get("type") or "text", values.get("name") or ""
        if kind in _KEPT or not name or "readonly" in values:
            return False
        typed = self._typed.get(name, ())
        if kind in ("checkbox", "radio"):
            values.pop("checked", None)
            if (values.get("value") or "on") in typed:
                values["checked"] = None
            return True
        if typed:
            values["value"] = typed[0]
        return bool(typed)

    def _option(self, values: Attributes, raw: str) -> None:
        if self._select not in self._typed or "value" not in values:
            self.out.append(raw)
            return
        values.pop("selected", None)
        if (values["value"] or "") in self._typed[self._select]:
            values["selected"] = None
        self.out.append(_tag("option", values))

    def _wrong(self, name: str) -> str:
        told = [text for field, text in self._problems if field == name and name]
        if not told:
            return ""
        return f'<small class="wrong" id="wrong-{escape(name)}">{"<br>".join(map(escape, told))}</small>'

    def _open_details(self) -> None:
        for place in self._details:
            if "open" not in self.out[place]:
                self.out[place] = self.out[place].replace("<details", "<details open", 1)


def _alert(heading: str, told: Sequence[str], code: str) -> str:
    """What people read first; the rest stands next to the fields. `code` is for tests and support."""
    sentences = "".join(f"<br>{escape(one)}" for one in told)
    mark = f' data-code="{escape(code)}"' if code else ""
    return f'<p class="alert" role="alert"{mark}><strong>{escape(heading)}</strong>{sentences}</p>'


def _tag(name: str, values: Attributes) -> str:
    parts = [
        f" {key}" if value is None else f' {key}="{escape(value)}"'
        for key, value in values.items()
    ]
    return f"<{name}{''.join(parts)}>"
