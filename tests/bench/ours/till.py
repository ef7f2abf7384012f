"""Ours, bars 8 to 11: `pos` as a till has it: its install holds no psycopg, which peewee imports."""

import runpy
import sys

if __name__ == "__main__":
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # import answers ImportError
    sys.argv[0] = "pos"
    runpy.run_module("pos", run_name="__main__")
