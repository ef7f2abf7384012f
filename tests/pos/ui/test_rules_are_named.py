"""Each of the till's fifteen rules has a test that says so, so that whoever changes one finds it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
NAMED = re.compile(r"\bRules? ((?:\d+(?:-\d+)?(?:, | and )?)+)", re.IGNORECASE)


def rules_in(text: str) -> set[int]:
    """`Rule 4.`, `rules 1 and 12`, `rules 4, 9-11, 13` as numbers."""
    found: set[int] = set()
    for match in NAMED.finditer(text):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", match[1]):
            found |= set(range(int(first), int(last or first) + 1))
    return found


def named_tests() -> dict[int, list[str]]:
    by_rule: dict[int, list[str]] = {}
    for path in sorted(TESTS.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith(
                "test_"
            ):
                for rule in rules_in(ast.get_docstring(node) or ""):
                    by_rule.setdefault(rule, []).append(f"{path.name}::{node.name}")
    return by_rule


@pytest.mark.parametrize("rule", range(1, 16))
def test_a_rule_of_the_till_has_a_test_that_names_it(rule):
    assert named_tests().get(rule), f"no test's docstring says Rule {rule}"


def test_numbers_are_read_from_sentences():
    assert rules_in("Rule 4.") == {4}
    assert rules_in("what is never done twice (rules 1 and 12)") == {1, 12}
    assert rules_in("devices, header (rules 4, 9-11, 13)") == {4, 9, 10, 11, 13}
    assert rules_in("the rule of three") == set()
