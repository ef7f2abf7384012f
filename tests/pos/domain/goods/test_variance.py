"""Counts while trading: expected at the moment of each scan, blind passes, batches, tags (R14)."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pos.domain.goods.count_reasons import is_tag_violation, reason_problem
from pos.domain.goods.cross_code import Differing, cross_codes, name_likeness_bp
from pos.domain.goods.variance import (
    CountLine,
    Finding,
    Ledger,
    Moment,
    Moved,
    Scanned,
    count_result,
    to_recount,
)

END = Moment("A", 1, 10_000, 10_000)


def _scan(item: str, quantity: int, seq: int, *, till: str = "A", **more: object) -> Scanned:
    return Scanned(
        item_code=item,
        quantity_milli=quantity,
        moment=Moment(till, 1, seq, int(str(more.pop("utc_ms", seq)))),
        **more,  # type: ignore[arg-type]
    )


def _sale(item: str, quantity: int, seq: int, *, till: str = "A", batch: str = "") -> Moved:
    return Moved(till, 1, seq, seq, item, batch, -quantity)


def _result(scans: list[Scanned], ledger: Ledger, *, passes: int = 1) -> dict[str, CountLine]:
    lines = count_result(scans, ledger, end=END, in_scope=ledger.items(), passes=passes)
    return {line.item_code + line.batch: line for line in lines}


def test_a_sale_after_the_scan_is_not_expected_to_be_missing_and_one_before_is() -> None:
    ledger = Ledger({("7", ""): 10_000}, [_sale("7", 1000, 5), _sale("7", 2000, 9)])
    line = _result([_scan("7", 9000, 7)], ledger)["7"]
    assert (line.expected_milli, line.variance_milli) == (9000, 0)
    # Control: the same count believed at the end of the day would be three pieces over or short.
    assert _result([_scan("7", 9000, 99)], ledger)["7"].variance_milli == 2000


def test_on_its_own_till_the_sequence_decides_even_when_the_clock_jumped() -> None:
    sold_later = Moved("A", 1, 8, 1, "7", "", -1000)  # the clock went back: its time looks earlier
    ledger = Ledger({("7", ""): 5000}, [sold_later])
    assert _result([_scan("7", 5000, 7, utc_ms=500)], ledger)["7"].variance_milli == 0
    elsewhere = Ledger({("7", ""): 5000}, [Moved("B", 1, 8, 1, "7", "", -1000)])
    assert _result([_scan("7", 5000, 7, utc_ms=500)], elsewhere)["7"].variance_milli == 1000


def test_scans_of_all_areas_add_up_and_what_moved_between_is_told() -> None:
    ledger = Ledger({("7", ""): 10_000}, [_sale("7", 1000, 5)])
    line = _result(
        [_scan("7", 4000, 2, area="1"), _scan("7", 5000, 7, area="2", counter_id="c")], ledger
    )["7"]
    assert (line.counted_milli, line.variance_milli) == (9000, 0)
    assert (line.areas, line.moved_meanwhile_milli) == (("1", "2"), 1000)


def test_what_another_till_moved_in_the_very_moment_is_told() -> None:
    near = Moved("B", 1, 3, 5500, "7", "", -1000)
    ledger = Ledger({("7", ""): 5000}, [near])
    line = _result([_scan("7", 5000, 9, utc_ms=5000)], ledger)["7"]
    assert (line.variance_milli, line.moved_meanwhile_milli) == (0, 1000)
    later = Ledger({("7", ""): 5000}, [Moved("B", 1, 3, 9500, "7", "", -1000)])
    assert _result([_scan("7", 5000, 9, utc_ms=5000)], later)["7"].moved_meanwhile_milli == 0


def test_what_nobody_counted_was_counted_as_none_at_the_end() -> None:
    ledger = Ledger({("7", ""): 3000, ("8", ""): 0}, [_sale("7", 1000, 5)])
    lines = _result([], ledger)
    assert lines["7"].finding is Finding.UNCOUNTED
    assert lines["7"].variance_milli == -2000
    assert "8" not in lines


def test_two_blind_passes_agree_when_their_variances_do_not_when_their_numbers_do() -> None:
    ledger = Ledger({("7", ""): 10_000, ("8", ""): 10_000}, [_sale("7", 1000, 5)])
    scans = [
        _scan("7", 10_000, 2, pass_no=1, counter_id="a"),
        _scan("7", 9000, 8, pass_no=2, counter_id="b"),
        _scan("8", 9000, 2, pass_no=1, counter_id="a"),
        _scan("8", 8000, 8, pass_no=2, counter_id="b"),
    ]
    lines = _result(scans, ledger, passes=2)
    assert (lines["7"].finding, lines["7"].variance_milli) == (Finding.AGREED, 0)
    assert lines["8"].finding is Finding.DIFFERS
    assert to_recount(scans, ledger) == ["8"]
    third = [*scans, _scan("8", 9000, 9, pass_no=3, counter_id="c")]
    line = _result(third, ledger, passes=2)["8"]
    assert (line.finding, line.pass_no, line.variance_milli) == (Finding.AGREED, 3, -1000)
    assert to_recount(third, ledger) == []


def test_the_list_to_count_again_needs_no_opening_figure() -> None:
    moves = [_sale("7", 1000, 5)]
    scans = [_scan("7", 10_000, 2, pass_no=1), _scan("7", 9000, 8, pass_no=2)]
    for opening in (0, 55_000):
        assert to_recount(scans, Ledger({("7", ""): opening}, moves)) == []
    assert to_recount(scans, Ledger({}, [])) == ["7"]


def test_an_item_missed_in_one_pass_is_counted_again() -> None:
    ledger = Ledger({("7", ""): 1000, ("8", ""): 1000}, [])
    scans = [
        _scan("7", 1000, 1, pass_no=1),
        _scan("8", 1000, 2, pass_no=1),
        _scan("7", 1000, 3, pass_no=2),
    ]
    assert to_recount(scans, ledger) == ["8"]


def test_one_pass_where_two_were_asked_for_is_told() -> None:
    ledger = Ledger({("7", ""): 1000}, [])
    assert _result([_scan("7", 1000, 1)], ledger, passes=2)["7"].finding is Finding.ONE_PASS
    assert _result([_scan("7", 1000, 1)], ledger, passes=1)["7"].finding is Finding.AGREED


def test_batches_are_compared_only_where_somebody_looked_at_them() -> None:
    """QLT-06: an EAN carries no batch, so sales leave the batch open; a count puts it right."""
    ledger = Ledger({("7", "L1"): 10_000, ("7", "L2"): 5000}, [_sale("7", 3000, 1)])
    whole = _result([_scan("7", 12_000, 2)], ledger)
    assert whole["7"].variance_milli == 0
    looked = _result([_scan("7", 7000, 2, batch="L1"), _scan("7", 5000, 3, batch="L2")], ledger)
    assert {key: line.variance_milli for key, line in looked.items()} == {
        "7": 3000,
        "7L1": -3000,
        "7L2": 0,
    }
    assert {line.item_variance_milli for line in looked.values()} == {0}


def test_mixed_and_lost_tags_are_not_counted_in() -> None:
    """STK-06."""
    ledger = Ledger({("7", ""): 2000}, [])
    scans = [_scan("7", 1000, 1), _scan("7", 1000, 2, tag="mixed"), _scan("", 1000, 3, tag="lost")]
    assert _result(scans, ledger)["7"].variance_milli == -1000
    assert _result([_scan("7", 1000, 1), _scan("7", 1000, 2)], ledger)["7"].variance_milli == 0


def test_five_bad_tags_a_month_are_forgiven_and_six_are_a_violation() -> None:
    """STK-07."""
    assert not is_tag_violation([1000] * 5)
    assert is_tag_violation([1000] * 6)


def test_every_variance_needs_a_reason_and_another_reason_a_note() -> None:
    """STK-11."""
    assert reason_problem("", "") == "no_reason"
    assert reason_problem("weather", "") == "no_reason"
    assert reason_problem("theft", "") == ""
    assert reason_problem("other", " ") == "no_note"
    assert reason_problem("other", "fell behind the shelf") == ""


def test_surplus_and_shortage_of_one_quantity_are_paired_the_most_alike_first() -> None:
    """SEL-02 串码."""
    pairs = cross_codes(
        [
            Differing(
                item_code="1",
                variance_milli=2000,
                name="康师傅红烧牛肉面",
                item_class="面",
                unit_price_e4=45_000,
            ),
            Differing(
                item_code="2",
                variance_milli=-2000,
                name="康师傅香辣牛肉面",
                item_class="面",
                unit_price_e4=45_000,
            ),
            Differing(item_code="3", variance_milli=-2000, name="洗洁精", item_class="日化"),
            Differing(
                item_code="4", variance_milli=-3000, name="康师傅红烧牛肉面", item_class="面"
            ),
        ]
    )
    assert [(pair.surplus, pair.shortage) for pair in pairs] == [("1", "2")]
    assert pairs[0].likeness == 3


def test_equal_quantities_alone_are_suggested_only_where_nothing_else_has_them() -> None:
    lone = [
        Differing(item_code="1", variance_milli=7000),
        Differing(item_code="2", variance_milli=-7000),
    ]
    assert [pair.likeness for pair in cross_codes(lone)] == [0]
    assert cross_codes([*lone, Differing(item_code="3", variance_milli=-7000)]) == []


def test_names_are_alike_by_the_characters_they_share() -> None:
    assert name_likeness_bp("可口可乐 330ml", "可口可乐330ML") == 10_000
    assert name_likeness_bp("可口可乐", "洗洁精") == 0
    assert name_likeness_bp("", "") == 0


class _Shop:
    """A shop as it really is, and the journals of its two tills with wrong clocks."""

    def __init__(self, rng: random.Random, items: int) -> None:
        self.rng = rng
        self.now = 1_000_000
        self.seq = {"A": 1, "B": 1}
        self.epoch = {"A": 1, "B": 1}
        self.shelf = {str(code): rng.randrange(-2, 50) * 1000 for code in range(items)}
        self.seeded = {code: rng.choice([0, 0, 0, -1000, 1000, 3000]) for code in self.shelf}
        self.opening = {(code, ""): self.shelf[code] - self.seeded[code] for code in self.shelf}
        self.moves: list[Moved] = []
        self.scans: list[Scanned] = []

    def step(self) -> None:
        self.now += self.rng.randrange(1, 5000)

    def move(self, till: str) -> None:
        self.step()
        code = self.rng.choice(list(self.shelf))
        quantity = self.rng.choice([-1000, -2000, -500, 1000, 12_000])
        self.seq[till] += self.rng.randrange(1, 4)
        self.shelf[code] += quantity
        self.moves.append(
            Moved(till, self.epoch[till], self.seq[till], self.now, code, "", quantity)
        )

    def new_epoch(self, till: str) -> None:
        self.epoch[till] += 1
        self.seq[till] = 1

    def count(self, till: str, code: str, pass_no: int) -> None:
        self.step()
        left = self.shelf[code]
        pieces = self.rng.randrange(1, 4)
        for number in range(pieces):
            share = left if number == pieces - 1 else self.rng.randrange(0, max(1, left + 1))
            left -= share
            moment = Moment(till, self.epoch[till], self.seq[till], self.now)
            self.scans.append(
                Scanned(
                    item_code=code,
                    quantity_milli=share,
                    moment=moment,
                    pass_no=pass_no,
                    counter_id=f"{till}{pass_no}",
                )
            )


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), items=st.integers(1, 12), passes=st.integers(1, 2))
def test_whatever_is_sold_meanwhile_the_variance_is_the_seeded_one(
    seed: int, items: int, passes: int
) -> None:
    """R14: two tills, random trading between any two scans, epochs that change, any order."""
    rng = random.Random(seed)
    shop = _Shop(rng, items)
    for pass_no in range(1, passes + 1):
        todo = list(shop.shelf)
        rng.shuffle(todo)
        for code in todo:
            for _ in range(rng.randrange(0, 4)):
                shop.move(rng.choice("AB"))
            if rng.random() < 0.1:
                shop.new_epoch(rng.choice("AB"))
            shop.count(rng.choice("AB"), code, pass_no)
    for _ in range(5):
        shop.move(rng.choice("AB"))
    rng.shuffle(shop.moves)
    rng.shuffle(shop.scans)
    ledger = Ledger(shop.opening, shop.moves)
    end = Moment("A", 99, 0, shop.now)
    lines = count_result(shop.scans, ledger, end=end, in_scope=shop.shelf, passes=passes)
    found = {line.item_code: line.variance_milli for line in lines if line.variance_milli}
    assert found == {code: seeded for code, seeded in shop.seeded.items() if seeded}
    assert {line.finding for line in lines} <= {Finding.AGREED}
