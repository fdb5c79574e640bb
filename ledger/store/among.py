"""One of some hundred values, in one parameter: a list of parameters is spelled out anew each time it is asked, which
takes SQLAlchemy longer than the database takes to answer."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Boolean, ColumnElement, Text, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Each(FunctionElement[str]):
    """The texts of a JSON list, as a column in brackets."""

    name = "each"
    inherit_cache = True
    type = Text()


@compiles(_Each, "sqlite")
def _in_sqlite(element: _Each, compiler: SQLCompiler, **rest: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **rest)}))"


@compiles(_Each, "postgresql")
def _in_postgresql(element: _Each, compiler: SQLCompiler, **rest: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **rest)} AS json)))"


def texts(values: Iterable[str]) -> str:
    """These as the parameter of an `among` is given."""
    return json.dumps(sorted(values), ensure_ascii=False)


def among(column: ColumnElement[Any], values: Iterable[str] | BindParameter[str]) -> ColumnElement[bool]:
    """Whether the column is one of these texts; or of those (`texts`) that the parameter stands for."""
    said = values if isinstance(values, BindParameter) else literal(texts(values), Text())
    found: ColumnElement[bool] = column.op("IN", is_comparison=True, return_type=Boolean())(_Each(said))
    return found
