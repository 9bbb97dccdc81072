"""Rows by the thousand in one statement, over psycopg in PostgreSQL's binary format: each column is one typed array.

``COPY`` would need a temporary table to look for conflicts in, and the logins have no right to make one.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from paydesk.infra.core import ui_priority
from paydesk.infra.postgres.write.session import WritingSession

_STEP = 100
"""So many rows are made in about a millisecond."""


def execute(session: WritingSession, statement: str, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Have a statement over many rows run before the next one, or before the commit.

    Args:
        session: The session in whose transaction it runs.
        statement: The SQL, with ``{rows}`` where it selects from the rows; they keep their order.
        table: The table whose columns the rows hold: it says of which type each is.
        rows: The rows, at least one, all of the same columns; made one by one, they let a screen paint meanwhile.
    """
    made: list[Mapping[str, Any]] = []
    for row in rows:
        if len(made) % _STEP == 0:
            ui_priority.give()
        made.append(row)
    source, values = _source(table, made)
    session.queue(statement.format(rows=source), values)


def _source(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return the rows as a subquery, and its parameters.

    A column that is the same in every row is one parameter and no array, so a row alone is a plain statement.
    """
    selected: list[str] = []
    arrays: list[str] = []
    columns: list[str] = []
    values: dict[str, Any] = {}
    for name in rows[0]:
        kind, is_json = _kind(table, name)
        column = [row[name] for row in rows]
        same = column.count(column[0]) == len(column)
        if is_json:
            column = [value if value is None else Jsonb(value) for value in column]
        if same:
            selected.append(f"%({name})b::{kind} AS {name}")
            values[name] = column[0]
        else:
            selected.append(name)
            columns.append(name)
            arrays.append(f"%({name})b::{kind}[]")
            values[name] = column
    unnested = f" FROM unnest({', '.join(arrays)}) AS arrays ({', '.join(columns)})" if arrays else ""
    return f"(SELECT {', '.join(selected)}{unnested}) AS given", values


@cache
def _kind(table: sa.Table, name: str) -> tuple[str, bool]:
    """Return the type of a column in SQL, and whether it holds JSON."""
    kind = table.c[name].type
    return kind.compile(dialect=PGDialect_psycopg()), isinstance(kind, JSONB)  # type: ignore[no-untyped-call]
