"""Customers' payment codes: taken in the payment step alone, masked everywhere else (B3).

WeChat Pay: 18 digits, 10-15. Alipay: 16 to 24 digits, 25-30. UnionPay: 62 and 17 digits more.
They are single-use secrets of a minute's life, and they collide with weighed labels (25-29): the
till's step decides, never the digits alone.
"""

from __future__ import annotations

import re

from pos.domain.barcode.values import PaymentScheme

_SHAPES = (
    (PaymentScheme.WECHAT, re.compile(r"1[0-5][0-9]{16}")),
    (PaymentScheme.ALIPAY, re.compile(r"(?:2[5-9]|30)[0-9]{14,22}")),
    (PaymentScheme.UNIONPAY, re.compile(r"62[0-9]{17}")),
)
_LONG_RUN = re.compile(r"\d{16,}")
_SHOWN_HEAD = 2
_SHOWN_TAIL = 4


def payment_scheme(code: str) -> PaymentScheme | None:
    """Whose payment code `code` looks like, or None."""
    for scheme, shape in _SHAPES:
        if shape.fullmatch(code):
            return scheme
    return None


def mask(code: str) -> str:
    """First two and last four characters, stars between: `13************1234`."""
    hidden = len(code) - _SHOWN_HEAD - _SHOWN_TAIL
    return code[:_SHOWN_HEAD] + "*" * hidden + code[-_SHOWN_TAIL:]


def mask_payment_codes(text: str) -> str:
    """`text` with every run of digits that looks like a payment code masked.

    Digits of any script count: a wedge scanner behind a Chinese input method types full-width
    ones, and the secret is the same.
    """
    return _LONG_RUN.sub(_mask_run, text)


def _mask_run(run: re.Match[str]) -> str:
    digits = run.group()
    ascii_digits = "".join(str(int(digit)) for digit in digits)
    return digits if payment_scheme(ascii_digits) is None else mask(digits)
