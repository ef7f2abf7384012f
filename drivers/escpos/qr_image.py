"""QR codes as raster rows, for printers that cannot make them themselves."""

from __future__ import annotations

from drivers.escpos.commands import REAL_TIME_DANGER


def qr_rows(data: bytes, module_dots: int, dots: int) -> list[bytes] | None:
    """Rows of the QR code of ``data``, centred on ``dots``; None when it cannot be made.

    ``qrcode`` (it comes with python-escpos) is imported here, on the printing thread, because it
    is needed rarely and loads slowly.
    """
    try:
        import qrcode
        from qrcode.exceptions import DataOverflowError
    except ImportError:
        return None
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4, box_size=1)
    code.add_data(data)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError):
        return None
    matrix = code.get_matrix()
    module_dots = min(module_dots, dots // len(matrix))
    if module_dots < 1:
        return None
    left = (dots - len(matrix) * module_dots) // 2
    rows: list[bytes] = []
    for modules in matrix:
        bits = [False] * left
        for module in modules:
            bits += [bool(module)] * module_dots
        rows += [_disarm(_pack(bits))] * module_dots
    return rows


def _pack(bits: list[bool]) -> bytes:
    bits = bits + [False] * (-len(bits) % 8)
    return bytes(
        sum(0x80 >> place for place in range(8) if bits[start + place])
        for start in range(0, len(bits), 8)
    )


def _disarm(row: bytes) -> bytes:
    """Blacken one dot more where a row would spell a real-time request (DLE EOT, DLE DC4)."""
    for danger in REAL_TIME_DANGER:
        row = row.replace(danger, bytes((danger[0] | 0x20, danger[1])))
    return row
