"""What one model of receipt printer can do: facts that differ between printers are data.

The profiles that ship lie in ``config/printers/*.toml``; whoever loads them hands the mapping to
:func:`profile_from_mapping`, which refuses what it does not know and says what it expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from drivers.profile_mapping import profile_from, refuse

Fence = Literal["gs_h", "gs_r", "status", "none"]


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """Capabilities and limits of one printer model."""

    name: str
    """Shown in settings and logs."""
    columns: int
    """Cells of font A per line: 32 for 58 mm, 48 or 42 for 80 mm."""
    dots: int
    """Printable width: 384 for 58 mm, 576 or 512 for 80 mm."""
    paper_mm: Literal[58, 76, 80] = 80
    """Width of the roll to buy; told in the settings, not to the printer."""
    chinese_rom: bool = True
    """Whether the printer has GBK glyphs; without them hanzi print as ``??`` or are drawn."""
    raster: bool = False
    """Draw every line with a font of this machine, for a printer without Chinese glyphs."""
    rare_glyphs: Literal["none", "bit_image", "user_defined"] = "none"
    """A hanzi outside GBK: ``?``, a picture within the line (ESC *), or a glyph of ours (FS 2)."""
    font: str = ""
    """File of the font to draw with; empty looks for one on this machine."""
    strip_rows: int = 128
    """Most rows in one raster command; cheap printers have small buffers, none wants over 256."""
    images: bool = True
    """Whether it prints raster pictures at all; a dot-matrix printer may not."""
    size_commands: Literal["gs", "fs"] = "gs"
    """``gs``: GS ! sizes hanzi too; ``fs``: they need FS ! (some older Chinese models)."""
    cutter: Literal["partial", "full", "none"] = "partial"
    feed_lines_before_cut: int = 4
    """From the print head to the cutter or tear bar."""
    drawer_pin: Literal[0, 2, 5] = 2
    """Connector pin of the drawer; 0 says that there is no drawer."""
    drawer_pulse_ms: int = 50
    drawer_open_is_high: bool = True
    """Level of pin 3 when the drawer stands open; it differs by drawer."""
    native_qr: bool = True
    """GS ( k; otherwise a QR code is sent as an image."""
    barcode: bool = True
    """GS k function B; otherwise a barcode prints as its text."""
    module_dots_max: int = 3
    """Widest narrow bar to use for a barcode; 2 is the least that scanners read well."""
    status: Literal["dle_eot", "none"] = "dle_eot"
    """Whether the printer answers DLE EOT; ``none`` for a connection that only writes."""
    fence: Fence = "gs_r"
    """How the end of a job is confirmed; ``gs_h`` falls back to ``gs_r`` by itself."""
    trust_write: bool = False
    """With ``fence = "none"``: a job that was written counts as printed, not as unknown."""
    clear_buffer: bool = False
    """Whether DLE DC4 8 drops a held job."""
    status_timeout_ms: int = 1000
    write_timeout_ms: int = 5000
    fence_timeout_ms: int = 8000
    """Added to the time that the job's bytes take at ``bytes_per_second``."""
    bytes_per_second: int = 900
    """Slowest rate at which the printer takes text; 900 is 9600 baud."""

    @property
    def draws(self) -> bool:
        """Whether characters outside GBK can come out as pictures."""
        return self.images and (self.raster or self.rare_glyphs != "none")


_WHAT: Final = "printer profile"
_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "columns": (16, 96),
    "dots": (128, 2048),
    "feed_lines_before_cut": (0, 20),
    "drawer_pulse_ms": (10, 500),
    "module_dots_max": (2, 6),
    "strip_rows": (64, 256),
    "status_timeout_ms": (50, 10_000),
    "write_timeout_ms": (100, 60_000),
    "fence_timeout_ms": (100, 120_000),
    "bytes_per_second": (50, 10_000_000),
}


def profile_from_mapping(mapping: Mapping[str, Any]) -> PrinterProfile:
    """Check ``mapping`` field by field.

    Raises:
        Illegal: with every fault in one message, each naming the key, what was expected and got.
    """
    profile = profile_from(PrinterProfile, _WHAT, mapping, _LIMITS)
    faults = []
    if profile.columns * 8 > profile.dots:
        faults.append(f"columns: {profile.columns} cells do not fit {profile.dots} dots")
    if profile.raster and not profile.images:
        faults.append("raster: expected images = true, since lines are sent as pictures")
    if profile.raster and profile.columns * 12 > profile.dots:
        faults.append(f"columns: a drawn cell is 12 dots, {profile.columns} do not fit")
    refuse(_WHAT, mapping, faults)
    return profile
