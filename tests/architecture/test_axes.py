"""Array annotations use only the axis words of `pact_jax._axes`."""

import ast
import re
from collections.abc import Iterator

import jaxtyping
import pytest

from pact_jax._axes import AXES

from .sources import Source, from_text, package_sources

_DTYPES = {name for name in dir(jaxtyping) if isinstance(getattr(jaxtyping, name), type) and name[0].isupper()}
_NOT_DTYPES = {"PyTree", "PRNGKeyArray", "Scalar", "ScalarLike", "Array", "ArrayLike"}


def unknown_words(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Subscript) or _dtype(node.value) not in _DTYPES - _NOT_DTYPES:
            continue
        if not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != 2:
            continue
        shape = node.slice.elts[1]
        where = f"{source.name}:{node.lineno}"
        if not (isinstance(shape, ast.Constant) and isinstance(shape.value, str)):
            yield f"{where}: a shape is one literal string"
            continue
        for word in words(shape.value):
            # A second grid of the same kind carries a qualifier, `hazard_tenors`, because its size differs.
            if word.rpartition("_")[2] not in AXES:
                yield f"{where}: {word!r} in {ast.unparse(node)}"


def words(shape: str) -> list[str]:
    """The axis words of one shape: `*desks scenarios tenors+1 factors=3 2 _ ...` -> desks scenarios tenors factors."""
    return [word for word in re.findall(r"[A-Za-z_]\w*", shape) if word != "_"]


def _dtype(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def test_annotations_use_the_vocabulary():
    unknown = [fault for source in package_sources() for fault in unknown_words(source)]
    assert not unknown, "\n".join(unknown)


@pytest.mark.parametrize("shape", ["position", "scenarios n", "*batch", "assets strike", "tenors_hazard"])
def test_unknown_word_is_caught(shape):
    assert list(unknown_words(from_text("m", f'def f(x: Float[Array, "{shape}"]): ...')))


@pytest.mark.parametrize(
    "shape", ["", "positions", "*desks tenors+1", "assets assets", "factors=3 2 ...", "_", "hazard_tenors"]
)
def test_known_words_pass(shape):
    assert not list(unknown_words(from_text("m", f'def f(x: jaxtyping.Float[Array, "{shape}"]): ...')))
