"""What one model of receipt printer can do: facts that differ between printers are data.

The profiles that ship lie in ``config/printers/*.toml``; whoever loads them hands the mapping to
:func:`profile_from_mapping`, which refuses what it does not know and says what it expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from drivers.errors import Illegal

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
    hints = get_type_hints(PrinterProfile)
    faults = []
    required = {one.name for one in fields(PrinterProfile) if one.default is MISSING}
    faults += [f"{name}: missing" for name in sorted(required - mapping.keys())]
    for name, value in mapping.items():
        if name not in hints:
            faults.append(f"{name}: unknown; expected one of {', '.join(sorted(hints))}")
            continue
        fault = _fault(name, value, hints[name])
        if fault:
            faults.append(f"{name}: {fault}")
    if not faults and mapping["columns"] * 8 > mapping["dots"]:
        faults.append(f"columns: {mapping['columns']} cells do not fit {mapping['dots']} dots")
    if not faults and mapping.get("raster") and not mapping.get("images", True):
        faults.append("raster: expected images = true, since lines are sent as pictures")
    if not faults and mapping.get("raster") and mapping["columns"] * 12 > mapping["dots"]:
        faults.append(f"columns: a drawn cell is 12 dots, {mapping['columns']} do not fit")
    if faults:
        name = mapping.get("name", "unnamed")
        raise Illegal(f"printer profile {name!r}: " + "; ".join(faults))
    return PrinterProfile(**mapping)


def _fault(name: str, value: object, hint: Any) -> str:
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if isinstance(value, bool) or value not in choices:
            return f"expected one of {', '.join(map(repr, choices))}, got {value!r}"
        return ""
    if hint is int and isinstance(value, bool):
        return f"expected a number, got {value!r}"
    if not isinstance(value, hint):
        return f"expected {hint.__name__}, got {value!r}"
    if name in _LIMITS and isinstance(value, int):
        least, most = _LIMITS[name]
        if not least <= value <= most:
            return f"expected {least} to {most}, got {value}"
    if name == "name" and not value:
        return "expected a name, got nothing"
    return ""
