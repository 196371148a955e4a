"""The README's feature table is honest: what works there has a test that names it, and no more."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (F\d+) \| .* \| (works|planned) \|$", re.MULTILINE)


def claimed() -> set[str]:
    """Return the ids that tests claim by `@pytest.mark.feature("F17")`."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.feature":
                found |= {ast.literal_eval(argument) for argument in node.args}
    return found


def test_what_works_is_tested_and_what_is_tested_works() -> None:
    states = dict(ROW.findall((ROOT / "README.md").read_text()))
    assert {feature for feature, state in states.items() if state == "works"} == claimed()


def test_the_table_names_every_feature_of_the_first_part() -> None:
    listed = [int(i[1:]) for i, _ in ROW.findall((ROOT / "README.md").read_text())]
    assert listed == list(range(1, 147))
