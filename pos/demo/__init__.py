"""`pos demo`: a sample shop, head office and simulated devices; `--check` drives it by itself."""

from __future__ import annotations

from importlib.util import find_spec


def missing_extra() -> str:
    """Name of the extra that the demonstration's head office lacks, or empty."""
    needed = ("litestar", "uvicorn", "jinja2", "xlsxwriter")
    return "" if all(find_spec(name) for name in needed) else "hq"
