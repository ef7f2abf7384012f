"""The goods of a lone shop: items, 商品分类 and quick keys into `reference.db` (R25)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos.config import QuickKey
from pos.i18n import N_
from pos.setup.refusal import SetUpRefused
from pos.version import __version__

if TYPE_CHECKING:
    from pos.store.item_import import ImportPlan, Progress
    from pos.store.reference_values import ItemClass


def write_catalogue(
    home: Path,
    *,
    items: Path | None,
    classes: Path | None,
    quick_keys: Sequence[QuickKey],
    effective_day: str,
    progress: Progress | None,
) -> ImportPlan | None:
    """Import the list, then set classes and quick keys; what the list brought, or None."""
    from pos.config.mnemonic import mnemonic
    from pos.store.item_import import run_import
    from pos.store.reference_values import Changes
    from pos.store.reference_writer import ReferenceWriter

    with ReferenceWriter.open(home, app_version=__version__) as writer:
        plan = None
        if items is not None:
            plan = run_import(
                writer,
                items,
                effective_day=effective_day,
                progress=progress,
                mnemonic=mnemonic,
            )
        changes = Changes(
            classes=read_classes(classes) if classes is not None else (),
            quick_keys=quick_key_rows(quick_keys),
        )
        if changes.classes or changes.quick_keys:
            writer.add_local(changes)
    return plan


def quick_key_rows(quick_keys: Iterable[QuickKey]) -> list[msgspec.Struct]:
    """Quick keys as rows of the catalogue."""
    from pos.store.reference_values import QuickKey as QuickKeyRow

    return [
        QuickKeyRow(position=key.number, item_code=key.item_code, label=key.label)
        for key in quick_keys
    ]


def read_classes(path: Path) -> list[ItemClass]:
    """商品分类 of a CSV class_code,name[,name_en,parent]; SetUpRefused otherwise."""
    from pos.store.reference_values import ItemClass

    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = {"class_code", "name"} - set(rows.fieldnames or ())
        if missing:
            raise SetUpRefused(
                N_("{path}: expected columns class_code and name, {missing} is missing."),
                path=path,
                missing=", ".join(sorted(missing)),
            )
        return [
            ItemClass(
                item_class=row["class_code"],
                name=row["name"] or "",
                name_en=row.get("name_en") or "",
                parent=row.get("parent") or "",
            )
            for row in rows
            if row["class_code"]
        ]
