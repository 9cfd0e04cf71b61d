"""The paper ledger: every function and every test it names exists."""

import ast
import re

import pytest
from book import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in (ROOT / "notebooks" / "ledger.md").read_text().splitlines()
    if line.startswith("| ") and "`" in line
]


def names(path):
    """Top-level names of a source file, and those of its classes as Class.name."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{part.name}"
                for part in node.body
                if isinstance(part, ast.FunctionDef)
            }
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def test_the_ledger_has_its_rows():
    assert len(ROWS) >= 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2].strip("`"))
def test_what_the_row_names_exists(row):
    for folder, cell in (("drcn_book", row[1]), ("tests", row[2])):
        module, name = re.fullmatch(r"`(\w+)\.([\w.]+)`", cell).groups()
        files = [*(ROOT / folder).glob(f"{module}.py"), *(ROOT / folder / module).glob("*.py")]
        assert name in set().union(*map(names, files)), f"{cell} in {folder}/"
