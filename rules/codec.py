"""The one JSON form of rule values: dataclasses to plain dicts and back. For the ledger and for Temporal alike.

A field that equals its default is left out, so that a field added later, with its default, changes no stored form. Only
str, int, bool, date, time, aware datetime, StrEnum, dataclasses, named tuples, tuples and None stand in rule values.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cache, lru_cache
from itertools import compress
from operator import attrgetter, is_not
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

Plain: TypeAlias = dict[str, Any]
Convert: TypeAlias = Callable[[Any], Any]
T = TypeVar("T")


def encode(value: Any) -> Plain:
    """The dataclass value as a dict of JSON types with ASCII keys."""
    kind: Any = type(value)
    encoded: Plain = _converters(kind)[0](value)
    return encoded


def decode(cls: type[T], plain: Plain) -> T:
    """The value of that class. Raises TypeError or ValueError when `plain` is not the form that `encode` gives."""
    kind: Any = cls
    decoded: T = _converters(kind)[1](plain)
    return decoded


@lru_cache(maxsize=4096)
def instant_text(at: datetime) -> str:
    """An instant as the ledger writes it: UTC, microseconds, "Z"."""
    if at.tzinfo is None:
        raise ValueError("an instant has a time zone")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


def _same(value: Any) -> Any:
    return value


def _exactly(kind: type) -> Convert:
    def back(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return back


def _parse_instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return at


@cache
def _converters(kind: Any) -> tuple[Convert, Convert]:
    """(encode, decode) of a type, built once."""
    if kind in (str, int, bool, NoneType):
        return _same, _exactly(kind)
    if kind is datetime:
        return instant_text, _parse_instant
    if kind is date:
        return date.isoformat, date.fromisoformat
    if kind is time:
        return time.isoformat, time.fromisoformat
    origin = get_origin(kind)
    if origin is tuple:
        to, back = _converters(get_args(kind)[0])
        many = _exactly(list)
        return (lambda items: [to(i) for i in items]), (lambda items: tuple([back(i) for i in many(items)]))
    if origin in (UnionType, Union):
        return _optional(kind)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_field_defaults"):
        return _named_tuple(kind)
    raise TypeError(f"{kind!r} has no JSON form: use the types named at the top of rules/codec.py")


def _optional(kind: Any) -> tuple[Convert, Convert]:
    inner = [a for a in get_args(kind) if a is not NoneType]
    if len(inner) != 1:
        raise TypeError(f"{kind!r}: of unions only `X | None` has a JSON form")
    to, back = _converters(inner[0])
    return (lambda v: None if v is None else to(v)), (lambda v: None if v is None else back(v))


def _enum(kind: type[StrEnum]) -> tuple[Convert, Convert]:
    """Looked up by value: calling the class takes ten times as long."""
    members: dict[Any, StrEnum] = {member.value: member for member in kind}

    def back(value: Any) -> StrEnum:
        try:
            return members[value]
        except (KeyError, TypeError):
            return kind(value)  # refuses it in Python's own words

    return str, back


REMEMBERED = 1024
"""Values of one shared class whose form is remembered."""
_SHARED: set[type] = set()


def shared(*by: str) -> Callable[[type[T]], type[T]]:
    """The form of a value of that class is made once, however often the very same value is met: in a fact, in the state
    that it leads to, in a whole batch. So nobody may change a form that `encode` gave.

    `by`: the fields by which values are hashed, few and telling, since hashing all would cost more than it saves; none,
    where the class has a hash of its own. Whether two are equal, all fields say.
    """

    def share(kind: type[T]) -> type[T]:
        if by:
            telling = attrgetter(*by)

            def __hash__(self: T) -> int:
                return hash(telling(self))

            kind.__hash__ = __hash__  # type: ignore[assignment]
        _SHARED.add(kind)
        return kind

    return share


def _dataclass(kind: type) -> tuple[Convert, Convert]:
    """The object is made empty and its slots are filled, past `__init__` and the frozen class's own refusal: reading a
    history is mostly this, and none of these classes does anything when it is made."""
    hints = get_type_hints(kind)
    names = tuple(f.name for f in fields(kind))
    parts = tuple((f.name, f.default, _converters(hints[f.name])[0]) for f in fields(kind))
    values = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    puts: dict[str, Callable[[Any, Any], None]] = {name: getattr(kind, name).__set__ for name in names}
    known = {name: (puts[name], _converters(hints[name])[1]) for name in names}
    defaults = tuple((f.name, puts[f.name], f.default) for f in fields(kind))
    unsaid = tuple(f.default for f in fields(kind))
    make, count = object.__new__, len(names)

    def to(value: Any) -> Plain:
        plain: Plain = {}
        present = values(value)
        # Most fields are the very objects that their defaults are, and never come out of `compress`.
        for (name, default, convert), v in compress(zip(parts, present, strict=True), map(is_not, present, unsaid)):
            if default is MISSING or v != default:
                plain[name] = v if convert is _same else convert(v)
        return plain

    other = tuple((name, convert) for name, _, convert in parts if convert is not _same)

    def all_of(value: Any) -> Plain:
        """The same, quicker for what has few fields, of which most are said."""
        plain = {name: v for name, v, default in zip(names, values(value), unsaid, strict=True) if v != default}
        for name, convert in other:
            if name in plain:
                plain[name] = convert(plain[name])
        return plain

    def back(plain: Plain) -> Any:
        if type(plain) is not dict:
            raise TypeError(f"{kind.__name__}: expected an object, got {type(plain).__name__}")
        new: Any = make(kind)
        for name, v in plain.items():
            if name not in known:
                raise ValueError(f"{kind.__name__} has no field {name!r}: written by a later version?")
            put, convert = known[name]
            put(new, convert(v))
        if len(plain) != count:
            for name, put, default in defaults:
                if name not in plain:
                    if default is MISSING:
                        raise TypeError(f"{kind.__name__}: the field {name!r} is missing")
                    put(new, default)
        return new

    said = all_of if count <= _FEW else to
    return (lru_cache(REMEMBERED)(said) if kind in _SHARED else said), back


def _named_tuple(kind: Any) -> tuple[Convert, Convert]:
    hints, names = get_type_hints(kind), kind._fields
    unsaid = tuple(kind._field_defaults.get(name, MISSING) for name in names)
    both = {name: _converters(hints[name]) for name in names}
    other = tuple((name, convert) for name, (convert, _) in both.items() if convert is not _same)
    known = {name: convert for name, (_, convert) in both.items()}

    def to(value: Any) -> Plain:
        plain = {name: v for name, v, default in zip(names, value, unsaid, strict=True) if v != default}
        for name, convert in other:
            if name in plain:
                plain[name] = convert(plain[name])
        return plain

    def back(plain: Plain) -> Any:
        if type(plain) is not dict:
            raise TypeError(f"{kind.__name__}: expected an object, got {type(plain).__name__}")
        if plain.keys() - known.keys():
            raise ValueError(f"{kind.__name__} has no field {min(plain.keys() - known.keys())!r}: by a later version?")
        return kind(**{name: known[name](v) for name, v in plain.items()})  # which refuses itself what is missing

    return to, back


_FEW = 12
"""Fields: of more, most are as their defaults are."""
