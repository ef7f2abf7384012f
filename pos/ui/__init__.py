"""The till's screens: they show values and call services; no SQL, no device, no arithmetic.

Two switches of Textual are read when it is imported, so they stand here, above every import of it:
without a cap on frames the second of two scans is not held back until the next sixtieth of a
second, and without the kitty protocol the number pad's keys keep their plain names.
"""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_FPS", "1000")
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
