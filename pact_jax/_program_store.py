"""Traced programs as bytes, so that a later process need not trace them: StableHLO and the form of the result."""

import dataclasses
import enum
import importlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

import jax
from jaxtyping import PyTree

_OURS = "pact_jax"


class ProgramStore(Protocol):
    """Where traced programs lie between processes; what comes out of it is compiled and run, so it is one's own."""

    def load(self, name: str) -> bytes | None:
        """What was saved under a name by the same code; None if nothing was."""

    def save(self, name: str, content: bytes) -> None:
        """Saves; a store that cannot write stays silent, because nothing is lost but time."""


@dataclasses.dataclass(frozen=True)
class Form:
    """Structure, shapes and dtypes of a result."""

    structure: Any
    leaves: tuple[jax.ShapeDtypeStruct, ...]

    def shapes(self) -> PyTree:
        """The result with shapes for leaves."""
        return self.unflatten(self.leaves)

    def unflatten(self, leaves: Sequence[Any]) -> PyTree:
        """The result with other leaves."""
        return jax.tree.unflatten(self.structure, leaves)


class NotKept(ValueError):
    """A result that holds what a text cannot describe; its program is traced in every process."""


def write_program(form: Form, exported: jax.export.Exported) -> bytes:
    """A program and the form of its result as bytes.

    Raises:
        NotKept: the result holds a class of somebody else, or a static value other than a number, text or enum.
    """
    indexed = form.unflatten(range(len(form.leaves)))
    head = {
        "form": _describe(indexed),
        "leaves": [[list(leaf.shape), str(leaf.dtype)] for leaf in form.leaves],
    }
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "big") + text + bytes(exported.serialize())


def read_program(content: bytes) -> tuple[Form, jax.export.Exported]:
    """What `write_program` wrote.

    Raises:
        ValueError: it is something else.
    """
    size = int.from_bytes(content[:8], "big")
    head = json.loads(content[8 : 8 + size])
    structure = jax.tree.structure(_rebuild(head["form"]))
    leaves = tuple(jax.ShapeDtypeStruct(tuple(shape), dtype) for shape, dtype in head["leaves"])
    return Form(structure, leaves), jax.export.deserialize(bytearray(content[8 + size :]))


def is_ours(structure: Any) -> bool:
    """Whether arguments hold classes of this package only; the sources of others are not in a program's name."""
    node = structure.node_data()
    if node is None:
        return all(map(is_ours, structure.children()))
    mine = node[0] in (tuple, list, dict, type(None)) or node[0].__module__.partition(".")[0] == _OURS
    return mine and all(map(is_ours, structure.children()))


def _describe(value: Any, *, static: bool = False) -> Any:
    if value is None:
        return None
    if isinstance(value, enum.Enum):
        return {"enum": _name(type(value)), "member": value.name}
    if isinstance(value, bool | int | float | str):
        return {"static": value} if static else {"leaf": value}
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return {type(value).__name__: [_describe(item, static=static) for item in value]}
    if isinstance(value, tuple | list):
        named = zip(getattr(value, "_fields", ()), value, strict=True)
        return {"named": _name(type(value)), "fields": {name: _describe(item, static=static) for name, item in named}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            item.name: _describe(getattr(value, item.name), static=static or bool(item.metadata.get("static")))
            for item in dataclasses.fields(value)
        }
        return {"class": _name(type(value)), "fields": fields}
    raise NotKept(f"{type(value).__qualname__} in the result of a program")


def _rebuild(said: Any) -> Any:
    if said is None:
        return None
    match said:
        case {"leaf": index}:
            return index
        case {"static": value}:
            return value
        case {"enum": name, "member": member}:
            return _find(name)[member]
        case {"tuple": items}:
            return tuple(map(_rebuild, items))
        case {"list": items}:
            return list(map(_rebuild, items))
        case {"named": name, "fields": fields}:
            return _find(name)(**{field: _rebuild(item) for field, item in fields.items()})
        case {"class": name, "fields": fields}:
            made = object.__new__(_find(name))
            for field, value in fields.items():
                object.__setattr__(made, field, _rebuild(value))
            return made
    raise ValueError(f"no description of a result: {said!r:.80}")


def _name(cls: type) -> str:
    if cls.__module__.partition(".")[0] != _OURS or "<" in cls.__qualname__:
        raise NotKept(f"{cls.__module__}.{cls.__qualname__} in the result of a program")
    return f"{cls.__module__}:{cls.__qualname__}"


def _find(name: str) -> Any:
    module, _, qualname = name.partition(":")
    if module.partition(".")[0] != _OURS:
        raise ValueError(f"{name!r} is not of this package")
    found = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found
