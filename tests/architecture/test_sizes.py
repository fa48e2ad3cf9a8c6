"""As capability grows, files grow in number, not in size."""

import ast
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from .sources import ROOT, Source, from_text, package_sources

FILE_BUDGET, FILE_LIMIT = 300, 500
FUNCTION_BUDGET, FUNCTION_LIMIT = 40, 80
TEST_FILE_LIMIT = 400


def functions(source: Source) -> Iterator[tuple[str, int]]:
    """Every function with its length in lines, docstring not counted."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                docstring = node.body[0]
                length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            yield f"{source.name}.{node.name}:{node.lineno}", length


def percentile_90(lengths: list[int]) -> int:
    return sorted(lengths)[math.ceil(0.9 * len(lengths)) - 1]


def test_file_limit():
    large = {source.name: lines for source in package_sources() if (lines := _lines(source.text)) > FILE_LIMIT}
    assert not large


def test_function_limit():
    long = {name: lines for source in package_sources() for name, lines in functions(source) if lines > FUNCTION_LIMIT}
    assert not long


def test_budgets_hold_for_nine_in_ten():
    files = [_lines(source.text) for source in package_sources()]
    lengths = [lines for source in package_sources() for _, lines in functions(source)]
    assert percentile_90(files) <= FILE_BUDGET
    assert percentile_90(lengths) <= FUNCTION_BUDGET


def test_test_files_are_split():
    paths = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    large = {str(path.relative_to(ROOT)): lines for path in paths if (lines := _file_lines(path)) > TEST_FILE_LIMIT}
    assert not large


@pytest.mark.parametrize(("body", "length"), [(1, 2), (90, 91)])
def test_docstring_is_not_counted(body, length):
    text = 'def f(x):\n    """One.\n\n    Two.\n    """\n' + "    x = x\n" * body
    assert dict(functions(from_text("m", text))) == {"m.f:1": length}


def test_percentile():
    assert percentile_90(list(range(1, 11))) == 9


def _lines(text: str) -> int:
    return len(text.splitlines())


def _file_lines(path: Path) -> int:
    return _lines(path.read_text(encoding="utf-8"))
