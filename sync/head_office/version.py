"""The version of this program, read from the installed distribution."""

from __future__ import annotations


def app_version() -> str:
    """`0.1.0`, or `0` in a tree that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("guitai")
    except PackageNotFoundError:
        return "0"
