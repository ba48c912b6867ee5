"""The client of PostgreSQL as the strategies use it: a table to which records are added, one transaction each."""

from collections.abc import Iterator
from typing import Any

from harness.strategies._table import Table

USER = "harness"
DATABASE = "postgres"
TIMEOUT_S = 60


def table(name: str, **server: Any) -> Table:
    """The table of that name. ``server``: host and port, or unix_sock, as pg8000 takes them."""
    import pg8000.native  # slow to import; only members of a PostgreSQL case pay for it

    connection = pg8000.native.Connection(USER, database=DATABASE, timeout=TIMEOUT_S, **server)
    prepared: list[Any] = []

    def insert(data: bytes) -> None:
        if not prepared:
            prepared.append(connection.prepare(f"INSERT INTO {name} (record) VALUES (:data)"))
        prepared[0].run(data=data)

    def rows() -> Iterator[bytes]:
        for (record,) in connection.run(f"SELECT record FROM {name} ORDER BY id"):
            yield bytes(record)

    return Table(
        create=lambda: connection.run(f"CREATE TABLE {name} (id BIGSERIAL PRIMARY KEY, record BYTEA NOT NULL)"),
        insert=insert,
        rows=rows,
        drop=lambda: connection.run(f"DROP TABLE {name}"),
        close=connection.close,
        errors=(pg8000.native.Error, OSError),
    )
