"""Every function and class that a package re-exports says what it is, in its own words."""

import ast

import pytest

from .sources import PACKAGE, Source, from_text, package_sources


def undocumented(sources: tuple[Source, ...]) -> list[str]:
    by_name = {source.name: source for source in sources}
    faults = []
    for source in sources:
        if not source.is_package:
            continue
        if ast.get_docstring(source.tree) is None:
            faults.append(f"{source.name}: no docstring")
        for node in source.tree.body:
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                faults += _faults(source, node, by_name)
    return faults


def _faults(package: Source, node: ast.ImportFrom, by_name: dict[str, Source]) -> list[str]:
    module = by_name[f"{package.name}.{node.module}"]
    if module.is_package:
        return []  # checked as a package of its own
    definitions = {
        item.name: item
        for item in module.tree.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    return [
        f"{package.name}.{alias.name}: no docstring (in {module.name})"
        for alias in node.names
        if alias.name in definitions and ast.get_docstring(definitions[alias.name]) is None
    ]


def test_public_names_are_documented():
    faults = undocumented(package_sources())
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("definition", ["def f(): ...", "class f: ...", "@dataclass\nclass f:\n    x: int"])
def test_missing_docstring_is_caught(definition):
    package = from_text(PACKAGE, '"""Doc."""\nfrom ._x import f as f', is_package=True)
    assert undocumented((package, from_text(f"{PACKAGE}._x", definition)))
