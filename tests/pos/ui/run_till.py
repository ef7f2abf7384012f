"""A till on the terminal it is started in, for tests through a pseudo-terminal: HOME and size."""

from __future__ import annotations

import sys
from pathlib import Path

from pos.bootstrap import build_till, close_till
from pos.services import shifts
from pos.services.context import Operator
from pos.ui.app import TillApp
from pos.ui.scan_router import ScanEvent


def main() -> int:
    till = build_till(Path(sys.argv[1]))
    till.operator = Operator(operator_id="8001", name="周建国", role=till.roles["manager"])
    if not till.business_day:
        shifts.open_day(till, till.local_iso()[:10], 0).saved.result()
    scans = sys.argv[2:]

    def ready(app: TillApp) -> None:
        for code in scans:
            app.set_timer(0.3, lambda code=code: app.post_scan(ScanEvent(code.encode(), "t", 0)))

    app = TillApp(till, on_ready=ready)
    code = app.run(mouse=False)
    close_till(till)
    return code if code is not None else 3


if __name__ == "__main__":
    sys.exit(main())
