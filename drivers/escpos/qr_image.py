"""QR codes as raster rows, for printers that cannot make them themselves."""

from __future__ import annotations


def qr_rows(data: bytes, module_dots: int, dots: int) -> list[int] | None:
    """Rows of the QR code of ``data``, centred on ``dots``; None when it cannot be made.

    A row is a whole number whose highest bit is the leftmost dot. ``qrcode`` (it comes with
    python-escpos) is imported here, on the printing thread, because it is needed rarely and loads
    slowly.
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
    block = (1 << module_dots) - 1
    rows: list[int] = []
    for modules in matrix:
        row = 0
        for module in modules:
            row = row << module_dots | (block if module else 0)
        rows += [row << dots - left - len(matrix) * module_dots] * module_dots
    return rows
