"""A log kept by a database server: what the strategies over servers share, whichever server it is."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.strategies.base import SHARED_FILE, Place, Session


class Table(NamedTuple):
    """One connection to one log. ``errors``: by these the client tells that the server refused, or is gone."""

    create: Callable[[], object]
    insert: Callable[[bytes], object]
    rows: Callable[[], Iterator[bytes]]
    """all records, in the order in which the server took them"""
    drop: Callable[[], object]
    close: Callable[[], object]
    errors: tuple[type[Exception], ...]


def name_of(place: Place) -> str:
    """A table's name that no other trial of the run has, as SQL takes it."""
    return f"log_{place.trial.replace('-', '_')}"


def session(table: Table) -> Session:
    """A session that adds each record to ``table``; acknowledged once the server answered."""
    insert = table.insert

    def write(data: bytes) -> int:
        insert(data)
        return len(data)

    return Session(write, table.close)


def write_out(table: Table, place: Place) -> None:
    """The records as a file, for the analysis."""
    with open(place.path(SHARED_FILE), "wb") as file:
        file.writelines(table.rows())
