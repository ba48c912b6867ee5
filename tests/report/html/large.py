"""A trial of three million records, made without writers: the file and the journals that they would leave."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.analysis.cells import SEQ_BITS, content
from harness.trace.journal import COLUMNS, HEADER, HEADER_BYTES, MAGIC, file_name
from tests.analysis.view.views import viewed

WRITERS, RECORDS, LENGTH = 8, 375_000, 32
TORN_EVERY = 997


def three_million(folder: Path) -> dict[str, Any]:
    """Its view. Writers take turns, a record each; now and then two records are torn in the middle by each other."""
    seq, writer = np.divmod(np.arange(WRITERS * RECORDS), WRITERS)
    lines = content(writer << SEQ_BITS | seq, np.full(seq.size, LENGTH), np.zeros(seq.size, np.int64), 2)
    torn = np.arange(0, seq.size - 1, TORN_EVERY)
    half = LENGTH // 2
    first, second = lines[torn].copy(), lines[torn + 1].copy()
    lines[torn, half:], lines[torn + 1, :half] = second[:, :half], first[:, half:]
    journals = folder / "journals"
    journals.mkdir()
    for number in range(WRITERS):
        begin = 1_000 + (np.arange(RECORDS) * WRITERS + number) * 1_000
        none = np.zeros(RECORDS, np.int64)
        columns = {"length": none + LENGTH, "begin": begin, "enter": none, "leave": none, "acknowledged": begin + 1_500}
        with (journals / file_name(number)).open("wb") as file:
            file.write(HEADER.pack(MAGIC, number, 0, RECORDS).ljust(HEADER_BYTES, b"\0"))
            for name in COLUMNS:
                file.write(columns[name].astype("<i8").tobytes())
    return viewed(folder, [lines.tobytes()], journals)
