"""Where the numbered migrations of the two files lie: scripts that the runner reads, not modules.

Each script is `mNNNN_name.py` with `NUMBER`, `NAME` and `up(connection)`. It is a frozen
description of one step and imports nothing of ours: models move on, and a script that ran in a
shop must still mean what it meant. A script that has shipped is never edited; the next one is.
"""

from __future__ import annotations

from pathlib import Path

JOURNAL = Path(__file__).parent / "journal"
REFERENCE = Path(__file__).parent / "reference"
