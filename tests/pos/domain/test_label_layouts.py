"""Two labels and what is printed on them give the layout of a shop's scale."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pos.domain.barcode import check_digit
from pos.domain.barcode.label_layouts import LabelSample, derive_layouts


def with_check(body):
    return body + str(check_digit(body))


def label(pattern, item, weight=0, amount=0):
    """A code by a pattern: digits of weight and amount as the scale writes them."""
    text, values = "", {"I": item, "W": weight, "P": amount}
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        if letter in values:
            width = pattern.count(letter)
            text += str(values[letter]).zfill(width)[-width:]
            place += width
        elif letter == "C":
            text = with_check(text)
            place += 1
        else:
            text += letter
            place += 1
    return text


def best(*samples):
    found = derive_layouts(samples)
    assert found
    return found[0].layout


@pytest.mark.parametrize(
    ("pattern", "unit", "decimals"),
    [
        ("21IIIIIWWWWWC", "kg", 3),
        ("26IIIIIPPPPPWWWWWC", "kg", 3),
        ("26IIIIIWWWWWPPPPPC", "kg", 3),
        ("28IIIIIIWWWWC", "jin", 3),
        ("2IIIIIIIWWWWC", "kg", 2),
    ],
)
def test_the_layouts_of_the_market_are_found(pattern, unit, decimals):
    scale = {"kg": 1000, "jin": 500}[unit]
    rows = [("10123", 356, 1234), ("70459", 1278, 987)]
    samples = [
        LabelSample(
            label(pattern, item, weight, amount),
            item,
            weight * scale // 10**decimals if weight * scale % 10**decimals == 0 else None,
            amount if "P" in pattern else None,
        )
        for item, weight, amount in rows
    ]
    if any(one.weight_milli is None for one in samples):
        samples = [
            LabelSample(
                label(pattern, item, weight * 2, amount), item, weight * 2 * scale // 10**decimals
            )
            for item, weight, amount in rows
        ]

    layout = best(*samples)

    for one in samples:
        read = layout.read(one.code)
        assert read.item_code.lstrip("0") == one.item_code
        assert read.quantity_milli == one.weight_milli
        if one.amount_minor is not None:
            assert read.amount_minor == one.amount_minor
    assert layout.check


def test_an_amount_alone():
    layout = best(
        LabelSample(label("22IIIIIPPPPPC", "123", amount=1990), "123", None, 1990),
        LabelSample(label("22IIIIIPPPPPC", "45678", amount=305), "45678", None, 305),
    )

    assert (layout.pattern, layout.amount_decimals, layout.check) == ("22IIIIIPPPPPC", 2, True)


def test_an_amount_in_jiao():
    layout = best(
        LabelSample(label("22IIIIIPPPPPC", "12345", amount=199), "12345", None, 1990),
        LabelSample(label("22IIIIIPPPPPC", "45678", amount=35), "45678", None, 350),
    )

    assert (layout.pattern, layout.amount_decimals) == ("22IIIIIPPPPPC", 1)


def test_a_scale_that_prints_wrong_check_digits():
    layout = best(
        LabelSample("2112345003560", "12345", 356),
        LabelSample("2145678012780", "45678", 1278),
    )

    assert (layout.pattern, layout.check) == ("21IIIIIWWWWWC", False)


def test_labels_that_do_not_say_what_is_printed_give_nothing():
    wrong = [
        LabelSample(label("21IIIIIWWWWWC", "12345", 356), "12345", 999),
        LabelSample(label("21IIIIIWWWWWC", "45678", 1278), "45678", 1278),
    ]

    assert derive_layouts(wrong) == []


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([LabelSample("2112345003560", "1", 1)], "two labels"),
        ([LabelSample("2112345003560", "1", 1)] * 2, "same one twice"),
        (
            [LabelSample("2112345003560", "1", 1), LabelSample("21123450035601", "1", 1)],
            "one length",
        ),
        ([LabelSample("21123450035x0", "1", 1), LabelSample("2112345003561", "1", 1)], "digits"),
        (
            [LabelSample("2112345003560", "1"), LabelSample("2112345003561", "1")],
            "weight or the amount",
        ),
    ],
)
def test_what_cannot_be_explained_is_said(samples, said):
    with pytest.raises(ValueError, match=said):
        derive_layouts(samples)


@given(
    st.tuples(st.integers(10000, 99999), st.integers(10000, 99999)),
    st.tuples(st.integers(101, 99999), st.integers(101, 99999)),
    st.tuples(st.integers(101, 99999), st.integers(101, 99999)),
)
def test_any_two_labels_are_read_back_as_printed(items, weights, amounts):
    pattern = "26IIIIIPPPPPWWWWWC"
    samples = [
        LabelSample(label(pattern, str(i), w, a), str(i), w, a)
        for i, w, a in zip(items, weights, amounts, strict=True)
    ]
    assume(samples[0].code != samples[1].code)

    for derived in derive_layouts(samples)[:1]:
        for one in samples:
            read = derived.layout.read(one.code)
            assert (read.item_code, read.quantity_milli, read.amount_minor) == (
                one.item_code,
                one.weight_milli,
                one.amount_minor,
            )
