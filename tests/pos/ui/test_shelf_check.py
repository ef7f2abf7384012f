"""Scanning the shelf at the till: right cards are quiet, wrong ones loud, printed by one key (PRC-03)."""

from __future__ import annotations

import pytest

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import PriceCorrected
from pos.services import catalogue, labels, print_jobs, printing
from pos.ui.flows.labels import labels as labels_story
from pos.ui.text_grid import clipped
from tests.pos.ui.shop import HOTPOT, NOBODYS, NOODLES, trading


@pytest.mark.parametrize(("lang", "words"), [("en", "change it"), ("zh_CN", "5.90")])
async def test_a_walk_along_the_shelf(home, lang, words):
    async with trading(home, lang=lang) as till:
        item = catalogue.find(till.till, (NOODLES.zfill(14),)).item
        labels.tick(till.till, [item])
        till.till.append(
            EntryKind.PRICE_CORRECTED,
            PriceCorrected(
                item_code=item.item_code, old_unit_price_e4=59_000, new_unit_price_e4=65_000
            ),
        ).result()
        till.till.overlays = None
        till.screen.run(labels_story(till.app, till.screen))
        await till.settle()
        await till.press("7", "enter")
        assert "5.90 → 6.50" in till.text()  # what the walk is for stands there before a scan

        await till.scan(HOTPOT)
        assert till.rings == 0
        await till.scan(NOODLES)
        assert till.rings == 1
        assert words in till.text()
        await till.press("enter")
        await till.settle()
        assert [job.job_kind for job in printing.queue(till.till)] == [print_jobs.LABEL]
        assert "5.90 → 6.50" not in till.text()
        assert item.item_code in till.text()  # printed, to be hung and scanned
        await till.scan(NOODLES)
        assert till.rings == 1
        assert item.item_code not in till.text()
        await till.scan(NOBODYS)
        assert till.rings == 2
        assert clipped == []
        await till.press("-")
        assert type(till.screen).__name__ == "ChooseScreen"
        assert not till.cart.lines
