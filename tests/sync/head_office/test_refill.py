"""Forms that were refused come back with what was typed, whatever it was, and nothing else changes."""

from __future__ import annotations

import html
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sync.head_office.dashboard.refill import refill

PAGE = """<!doctype html>
<body><main class="container"><p>a &amp; b</p>
<details class="x"><summary>s</summary>
<form method="post" action="/save"><input type="hidden" name="csrf" value="t"><input type="hidden" name="key" value="1">
<input name="name" value="old"><textarea name="lines">
before</textarea><select name="kind"><option value="a">A</option><option value="b" selected>B</option></select>
<input type="checkbox" name="on" value="1" checked><input type="password" name="secret">
<button type="submit" name="act" value="x">ok</button></form></details>
<form method="post" action="/save"><input type="hidden" name="key" value="2"><input name="name" value="other"></form>
<form method="post" action="/else"><input name="name" value="third"></form>
</main></body>"""


class Values(HTMLParser):
    """What a browser would show in each form of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._area = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and self.forms:
            if found.get("type") != "checkbox":
                self.forms[-1][found["name"]] = found.get("value") or ""
            elif "checked" in found:
                self.forms[-1][found["name"]] = found["value"]
        elif tag == "option" and "selected" in found:
            self.forms[-1]["kind"] = found["value"]
        elif tag == "textarea":
            self._area = found["name"]
            self.forms[-1][self._area] = ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data):
        if self._area:
            self.forms[-1][self._area] += data


def test_the_form_that_was_sent_is_filled_and_its_neighbours_are_not():
    typed = {"key": ["1"], "name": ["new"], "lines": ["x\ny"], "kind": ["a"], "secret": ["p"]}
    text = refill(PAGE, "/save", typed, [("lines", "wrong <1>"), ("gone", "all wrong")], "Refused")
    first, second, third = Values(text).forms
    assert first["name"] == "new"
    assert first["lines"] == "\nx\ny"
    assert first["kind"] == "a"
    assert "on" not in first
    assert first["secret"] == ""
    assert (second["name"], third["name"]) == ("other", "third")
    assert '<small class="wrong" id="wrong-lines">wrong &lt;1&gt;</small>' in text
    assert text.count("all wrong") == 1
    assert '<details open class="x">' in text
    assert "<p>a &amp; b</p>" in text
    assert 'aria-invalid="true"' in text


def test_a_form_that_is_no_longer_there_leaves_the_page_and_says_why_at_its_head():
    text = refill(PAGE, "/save", {"key": ["9"], "name": ["new"]}, [("", "too late")], "Refused")
    assert [one["name"] for one in Values(text).forms] == ["old", "other", "third"]
    assert text.index("too late") < text.index("a &amp; b")


def test_a_page_without_a_problem_is_the_page_itself():
    """The control: what is not filled is written as it was."""
    assert refill(PAGE, "/none", {}, [], "") .replace(
        '<p class="alert" role="alert"><strong></strong></p>', ""
    ) == PAGE  # fmt: skip


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_comes_back_as_it_was_and_as_nothing_else(name, lines):
    typed = {"key": ["1"], "name": [name], "lines": [lines]}
    text = refill(PAGE, "/save", typed, [("name", name)], "Refused")
    first, second, _third = Values(text).forms
    plain = name.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    assert html.unescape(first["name"]).replace("\r\n", "\n").replace("\r", "\n").replace(
        "\x00", ""
    ) in (plain, html.unescape(plain))
    assert second["name"] == "other"
    assert len(Values(text).forms) == 3
    assert text.count("<script") == 0 or "<script" not in name + lines
