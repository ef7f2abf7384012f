"""`pos manual`: the pages of F1 as a role's manual (TRN-04)."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pos.commands.manual import manual
from pos.ui.help_pages import PAGES
from pos.ui.manuals import MANUALS


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_receivers_manual_says_every_page_in_its_language(language, tmp_path):
    out = tmp_path / "manual.md"
    result = CliRunner().invoke(manual, ["receiver", "--language", language, "--out", str(out)])
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    topics = MANUALS["receiver"][1]
    assert text.count("\n## ") == len(topics)
    chinese = sum("一" <= letter <= "鿿" for letter in text)
    assert (chinese > 20) == (language == "zh_CN")


def test_every_topic_of_a_manual_is_a_page_and_none_is_empty():
    named = {topic for _title, topics in MANUALS.values() for topic in topics}
    assert named <= set(PAGES)
    assert all(page.paragraphs for page in PAGES.values())
