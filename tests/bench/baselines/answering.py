"""How a measured program is asked: one JSON request a line on stdin, one JSON answer a line on stdout."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from typing import Any


def serve(**commands: Callable[..., Any]) -> None:
    """Answer requests `{"do": name, …}` until standard input ends."""
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        answer = commands[request.pop("do")](**request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
