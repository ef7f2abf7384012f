"""下载: days as workbooks, and ranges of days. Importing this adds `xlsx` to the answers' formats."""

from __future__ import annotations

from sync.head_office import answers
from sync.head_office.exports.workbook import render_workbook


def _render_day(content: answers.Content) -> bytes:
    return render_workbook([content])


answers.RENDERERS["xlsx"] = _render_day

__all__ = ["render_workbook"]
