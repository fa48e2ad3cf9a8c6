"""One record, one sequence of bytes: sorted keys, UTF-8, integers and strings, floats as C99 hexadecimal text.

Decimal text of a float differs between languages and versions; its hexadecimal text is exact and does not.
"""

import dataclasses
import enum
import functools
import json
import types
import typing
from typing import TypeVar

from pact_jax.errors import ArgumentError

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_T = TypeVar("_T")
_OTHER_VERSION = "read it with the version that wrote it"
_PLAIN = frozenset({bool, int, str})


def canonical_bytes(value: dict[str, Json]) -> bytes:
    """The only bytes of a JSON object that the log knows: keys sorted, no blanks, UTF-8, no floats.

    Args:
        value: nested lists and dicts of strings, integers, booleans and None.

    Returns:
        One line without its newline.

    Raises:
        ArgumentError: a float, or text that is not valid Unicode.

    Example:
        >>> canonical_bytes({"b": 1, "a": [True, "x"]})
        b'{"a":[true,"x"],"b":1}'
    """
    _refuse_floats(value)
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArgumentError(
            f"text that is not Unicode: {error.object!r}", "record", "remove lone surrogates"
        ) from error


def to_json(value: object) -> Json:
    """Turns a dataclass of the audit record into JSON without floats.

    Args:
        value: dataclass, enum, tuple, float, integer, string, boolean or None, nested.

    Returns:
        Floats as hexadecimal text (`inf`, `nan` included), enums as their value, tuples as lists.

    Raises:
        ArgumentError: any other type.

    Example:
        >>> to_json((0.5, 3, None))
        ['0x1.0000000000000p-1', 3, None]
    """
    kind = type(value)
    if value is None or kind in _PLAIN:
        return typing.cast(Json, value)
    if isinstance(value, float):
        return float(value).hex()
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, enum.Enum):
        return to_json(value.value)
    if dataclasses.is_dataclass(kind):
        return {name: to_json(getattr(value, name)) for name in _field_names(kind)}
    raise ArgumentError(f"{kind.__name__} has no place in an audit record", "record", "use plain types")


def from_json(kind: type[_T], value: Json) -> _T:
    """The inverse of `to_json`, led by the types of the dataclass.

    Args:
        kind: type to build.
        value: JSON of it. Keys that the dataclass does not have are refused; absent ones take their default, so that
            records of an older version can be read.

    Returns:
        An instance.

    Raises:
        ArgumentError: JSON that does not fit the type.

    Example:
        >>> from_json(tuple[float, ...], ["0x1.0000000000000p-1"])
        (0.5,)
    """
    return typing.cast(_T, _decode(kind, value))


def _decode(kind: object, value: Json) -> object:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        return None if value is None else _decode(inner[0], value)
    if origin is tuple and isinstance(value, list):
        return tuple(_decode(arguments[0], item) for item in value)
    if isinstance(kind, type):
        return _decode_plain(kind, value)
    raise _misfit(kind, value)


def _decode_plain(kind: type, value: Json) -> object:
    if issubclass(kind, enum.Enum):
        return _decode_enum(kind, value)
    if kind is float and isinstance(value, str):
        return _decode_float(value)
    # A boolean is an integer to Python but not to a reader of the log.
    if kind in (bool, int, str) and type(value) is kind:
        return value
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        return _decode_fields(kind, value)
    raise _misfit(kind, value)


def _decode_fields(kind: type, value: dict[str, Json]) -> object:
    hints = _field_types(kind)
    if unknown := value.keys() - hints.keys():
        raise ArgumentError(
            f"unknown fields {sorted(unknown)}", kind.__name__, "read it with the version that wrote it"
        )
    try:
        return kind(**{name: _decode(hints[name], item) for name, item in value.items()})
    except TypeError as error:
        raise ArgumentError(f"fields are missing: {error}", kind.__name__) from error


@functools.cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _field_types(kind: type) -> dict[str, object]:
    return typing.get_type_hints(kind)


def _decode_enum(kind: type[enum.Enum], value: Json) -> enum.Enum:
    try:
        return kind(value)
    except ValueError:
        raise _misfit(kind, value) from None


def _decode_float(text: str) -> float:
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError):
        raise _misfit(float, text) from None


def _misfit(kind: object, value: Json) -> ArgumentError:
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    return ArgumentError(f"{value!r} is not a {name}", "audit record")


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ArgumentError(f"float {value!r}", "record", "write it as float.hex() text")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_floats(item)
