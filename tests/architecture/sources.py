"""The package as syntax trees: what the architecture tests read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "pact_jax"


@dataclass(frozen=True, eq=False)
class Source:
    """One module: dotted name, whether it is a package `__init__`, text and tree."""

    name: str
    is_package: bool
    text: str
    tree: ast.Module

    @property
    def top(self) -> str:
        """The name that the layer list orders: `pricing` for `pact_jax.pricing._bond`, empty for the root."""
        return self.name.partition(".")[2].partition(".")[0]


@dataclass(frozen=True)
class Import:
    """One imported module, with the line and whether a function hides it."""

    target: str
    line: int
    in_function: bool


@cache
def package_sources() -> tuple[Source, ...]:
    return tuple(parse(path) for path in sorted((ROOT / PACKAGE).rglob("*.py")))


def parse(path: Path) -> Source:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return from_text(name, path.read_text(encoding="utf-8"), is_package)


def from_text(name: str, text: str, is_package: bool = False) -> Source:
    return Source(name, is_package, text, ast.parse(text))


def imports(source: Source, modules: frozenset[str] = frozenset()) -> Iterator[Import]:
    """Every import statement, wherever it stands; `from a import b` means `a.b` if that is one of `modules`."""
    hidden = {id(inner) for outer in _functions(source.tree) for inner in ast.walk(outer)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in hidden)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(full if full in modules else base, node.lineno, id(node) in hidden)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    anchor = source.name.split(".")
    # One dot is the package itself: for an `__init__` that is its own name, for a module its parent.
    drop = node.level - 1 if source.is_package else node.level
    anchor = anchor[: len(anchor) - drop]
    return ".".join([*anchor, node.module] if node.module else anchor)


def _functions(tree: ast.Module) -> Iterator[ast.AST]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the dotted text of what is called."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node
