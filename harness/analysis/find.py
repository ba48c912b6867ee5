"""Looking up many places, or keys, among many others."""

import numpy as np

from harness.analysis.cells import Flags, Ints


def among(values: Ints, wanted: Ints) -> Flags:
    """A flag for each of the values: whether it is among those ``wanted``. Quickest where these are fewer."""
    if not wanted.size:
        return np.zeros(values.size, np.bool_)
    ordered = np.sort(wanted)
    found: Flags = ordered[np.minimum(np.searchsorted(ordered, values), ordered.size - 1)] == values
    return found


def rows(places: Ints, wanted: Ints) -> Ints:
    """For each place that is ``wanted`` the first row of ``places`` that has it, -1 where none has."""
    if not places.size:
        return np.full(wanted.size, -1)
    order = np.argsort(places, kind="stable")
    row = order[np.minimum(np.searchsorted(places, wanted, sorter=order), places.size - 1)]
    return np.where(places[row] == wanted, row, -1)
