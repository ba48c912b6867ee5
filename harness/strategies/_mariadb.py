"""The client of MariaDB as the strategies use it: a table to which records are added, one transaction each."""

from collections.abc import Iterator
from typing import Any

from harness.strategies._table import Table

USER = DATABASE = "harness"
TIMEOUT_S = 60


def table(name: str, **server: Any) -> Table:
    """The table of that name. ``server``: host and port, or unix_socket, as pymysql takes them."""
    import pymysql  # slow to import; only members of a MariaDB case pay for it

    connection = pymysql.connect(
        user=USER, database=DATABASE, autocommit=True, connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, **server
    )
    cursor = connection.cursor()

    def rows() -> Iterator[bytes]:
        cursor.execute(f"SELECT record FROM {name} ORDER BY id")
        for (record,) in cursor:
            yield bytes(record)

    return Table(
        create=lambda: cursor.execute(
            f"CREATE TABLE {name} (id BIGINT AUTO_INCREMENT PRIMARY KEY, record LONGBLOB NOT NULL) ENGINE=InnoDB"
        ),
        insert=lambda data: cursor.execute(f"INSERT INTO {name} (record) VALUES (_binary %s)", (data,)),
        rows=rows,
        drop=lambda: cursor.execute(f"DROP TABLE {name}"),
        close=connection.close,
        errors=(pymysql.err.MySQLError,),
    )
