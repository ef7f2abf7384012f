"""Every step of the layout, in Chinese and English: what is shown, and that nothing is cut off."""

from __future__ import annotations

import pytest

from pos.config import load_settings
from pos.services.context import NeedsApproval
from pos.ui.commands import NUMBERS
from pos.ui.keys import PAD_TABLE, PadState
from pos.ui.palette import ROLE_NAMES, THEME_NAMES, styles
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.screens.goods_facts import temperature_field, text_field
from pos.ui.text_grid import cells, clean, clipped, cut, fit, wrap
from pos.ui.widgets.cart_view import columns_for
from pos.ui.widgets.line_widget import LineWidget
from pos.ui.widgets.pad_footer import PadFooter, pad_hints
from tests.pos.ui.shop import HOTPOT, NOBODYS, NOODLES, WINE, trading, with_settings

SIZES = [(80, 24), (100, 30), (132, 43), (160, 45)]
LANGUAGES = ["zh_CN", "en"]


async def sale(till):
    for code in (WINE, NOODLES, HOTPOT):
        await till.scan(code)
    await till.press("3", "*")


async def unknown(till):
    await till.scan(WINE)
    await till.scan(NOBODYS)


async def payment(till):
    await till.scan(WINE)
    await till.press("f9", "2", "0", "*", "2", "enter")
    await till.press("+", "enter")


async def decision(till):
    await till.scan(WINE)
    await till.press("f9", "2", "0", "*", "2", "enter")


async def change(till):
    await till.scan(WINE)
    await till.press("f9", "1", "0", "0", "enter")
    await till.settle()


async def search(till):
    await till.press("f12", "s", "w")


async def menu(till):
    await till.press("0", "enter")


async def reason(till):
    await till.scan(WINE)
    await till.press("delete")


async def approval(till):
    await till.scan(WINE)
    await till.press("ctrl+delete", "1", "enter")
    assert isinstance(till.screen.needed, NeedsApproval)


async def count(till):
    await till.press("0", "enter", "2", "enter")


async def day_close(till):
    await till.press("0", "enter", "3", "enter")


async def lock(till):
    await till.press("ctrl+l")


async def devices(till):
    number = next(number for number, what in NUMBERS.items() if what == "devices")
    await till.press("0", "enter", *str(number), "enter")


async def price(till):
    await till.press("f3")
    await till.scan(WINE)


async def parked(till):
    await till.scan(WINE)
    await till.press("f5", "enter", "f6")


async def help_page(till):
    await till.press("f1")


SCENES = {
    one.__name__: one
    for one in (
        sale,
        unknown,
        payment,
        decision,
        change,
        search,
        menu,
        reason,
        approval,
        count,
        day_close,
        lock,
        devices,
        price,
        parked,
        help_page,
    )
}


@pytest.mark.snapshot
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
async def test_main_screens_at_80_by_24(home, scene, lang, snapshot):
    async with trading(home, lang=lang) as till:
        await scene(till)
        await till.pilot.pause()

        assert till.text() == snapshot
        assert clipped == []


@pytest.mark.snapshot
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", SIZES[1:], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", [sale, payment], ids=["sale", "payment"])
async def test_wider_steps(home, scene, size, lang, snapshot):
    async with trading(home, size=size, lang=lang) as till:
        await scene(till)
        await till.pilot.pause()

        assert till.text() == snapshot
        assert clipped == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
@pytest.mark.slow
async def test_nothing_is_cut_off_anywhere(home, scene, size, lang):
    async with trading(home, size=size, lang=lang) as till:
        await scene(till)
        await till.pilot.pause()

        assert clipped == []
        for row in till.text().splitlines():
            assert cells(row) <= size[0]


@pytest.mark.parametrize("theme", THEME_NAMES)
async def test_every_theme_paints_the_same_words(home, theme):
    async with trading(
        home, settings=with_settings(load_settings(home), ui={"theme": theme})
    ) as till:
        await sale(till)
        await till.pilot.pause()

        assert till.app.theme == f"guitai-{theme}"
        assert "93.80" not in till.text()
        assert "Puyuan Cabernet Dry Red" in till.text()


def luminance(colour) -> float:
    parts = [part / 255 for part in colour.triplet]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_text_stands_out_from_its_ground(theme, role):
    style = styles(theme)[role]
    light, dark = sorted((luminance(style.color), luminance(style.bgcolor)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= (7 if theme == "high-contrast" else 4.5)


def test_signs_stand_beside_colours_and_no_meaning_is_red_or_green():
    from pos.ui.palette import CONTRAST, DARK, LIGHT

    for table in (DARK, LIGHT, CONTRAST):
        assert {"blue", "orange"} <= set(table)
        assert not {"red", "green"} & set(table)


@pytest.mark.parametrize("width", [80, 98, 100, 130, 160])
def test_the_columns_fill_the_width_and_are_few_at_80(width):
    parts = columns_for(width)

    assert sum(size for _name, size, _align in parts) + len(parts) - 1 == width - 2
    assert len(parts) <= (5 if width < 98 else 8)
    assert {name: size for name, size, _align in parts}["name"] >= 20


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("state", PadState)
def test_the_pad_row_of_every_state_fits_80_cells(state, lang):
    from pos import i18n

    i18n.set_language(lang)
    size = sum(cells(key) + cells(word) + 4 for key, word in pad_hints(state))

    assert size <= 80
    assert set(PAD_TABLE) == set(PadState)


def test_the_footer_leaves_out_what_does_not_fit_and_keeps_f1():
    footer = PadFooter()
    footer.keys = tuple((f"F{n}", "商品名称很长很长") for n in range(2, 12))
    footer.more = ("F1", "更多")

    row = footer.paint(80, 2)[1]

    assert sum(cells(text) for text, _ in row) == 80
    assert "更多" in "".join(text for text, _ in row)
    assert sum(text.count("F") for text, _ in row) <= 6


async def test_rows_that_did_not_change_are_not_painted(home):
    async with trading(home) as till:
        for code in (WINE, NOODLES):
            await till.scan(code)
        painted = []
        cart = till.screen.cart
        real = cart.refresh
        cart.refresh = lambda *regions, **more: (painted.extend(regions), real(*regions, **more))
        await till.scan(HOTPOT)

        assert sorted(region.y for region in painted) == [2, 3]


async def test_a_scan_never_changes_a_size(home):
    async with trading(home) as till:
        await till.scan(WINE)
        before = {w.id: w.region for w in till.screen.query(LineWidget)}
        await till.scan(NOBODYS)
        await till.scan(NOODLES)

        assert {w.id: w.region for w in till.screen.query(LineWidget)} == before


async def test_the_last_lines_stay_in_view_in_a_long_sale(home):
    async with trading(home) as till:
        for index in range(60):
            till.app.post_scan(_scan((WINE, NOODLES)[index % 2]))
        await till.pilot.pause()

        assert "60 " in till.text()
        await till.press(*["up"] * 30, gap=0.5)
        assert "▶  30" in till.text()


def _scan(code):
    from pos.ui.scan_router import ScanEvent

    return ScanEvent(code.encode(), "t", 0)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("农夫山泉", 8, "农夫山泉"),
        ("农夫山泉", 7, "农夫山…"),
        ("农夫山泉", 6, "农夫… "),
        ("ab", 4, "ab  "),
    ],
)
def test_fit_never_halves_a_hanzi(text, width, expected):
    assert fit(text, width) == expected
    assert cells(fit(text, width)) == width


def test_wrap_breaks_at_blanks_and_between_hanzi():
    assert wrap("aa bb cc", 5) == ["aa bb", "cc"]
    assert wrap("农夫山泉水", 4) == ["农夫", "山泉", "水"]
    assert cut("农夫", 3) == "农"


def test_no_line_begins_with_a_chinese_stop_or_closing_mark():
    assert wrap("质量、合格证、产地。", 10) == ["质量、合格", "证、产地。"]
    assert wrap("质量合格，签字", 8) == ["质量合", "格，签字"]
    # The negative control: where no mark is in the way the line is full.
    assert wrap("质量合格已签字", 8) == ["质量合格", "已签字"]


def test_the_footer_of_a_field_that_takes_a_minus_says_that_esc_clears():
    fields = [
        text_field("batch", "批号"),
        temperature_field(),
        Field("count", "数量", int),
    ]
    screen = FieldsScreen("", fields)
    # Empty: `-` goes back, as everywhere.
    assert (screen.renamed()["cancel"], screen.hints()) == ("Back", [])
    fields[0].typed = "B2"
    assert (screen.renamed()["cancel"], screen.hints()) == ("", [("Esc", "Clear")])
    screen.at = 1  # -18 degrees begin with the minus
    assert (screen.renamed()["cancel"], screen.hints()) == ("", [("Esc", "Back")])
    screen.at = 2  # the control: a field of digits
    fields[2].typed = "5"
    assert (screen.renamed()["cancel"], screen.hints()) == ("Clear", [])


def test_clean_leaves_no_control_or_direction_character():
    assert clean("a\x1b[31mb\u202ec\u200b\td") == "a[31mbc d"
