"""Stands before the real driver in tills that tests start: a till has no PostgreSQL (pyproject.toml)."""

raise ImportError("a till is installed without the extra `postgres`")
