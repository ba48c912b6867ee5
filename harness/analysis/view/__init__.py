"""What a page shows of one trial, bounded whatever the trial's size: file map, timeline, progress, latencies.

Looks at the files and journals once more, beside the data, and sums them up before anything is sent or
embedded. ``docs/view-schema.md`` describes the document; ``harness/view.schema.json`` checks it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.analysis.blocks import BLOCK_BYTES, blocks, read, sources
from harness.analysis.journals import Journals, open_journals
from harness.analysis.scan import MARGIN_BYTES, scan
from harness.analysis.view.filemap import FileMap, allot
from harness.analysis.view.pieces import pieces
from harness.analysis.view.records import Records
from harness.analysis.view.timeline import timeline
from harness.analysis.view.times import latencies, progress, span

MOST_BYTES = 2 * 2**30
"""Files are mapped up to so many bytes in all; a view must not take minutes."""
MOST_FILES = 128

Document = dict[str, Any]


def view(
    files: Sequence[Path], journals: Path, anomalies: Sequence[Mapping[str, Any]], *, supersedes: bool = False
) -> Document:
    """The view of a trial. ``anomalies`` are those of its account; the timeline shows the first of them.

    ``supersedes``: each record replaces the former, so that one that is absent need not be lost.
    """
    opened, _ = open_journals(journals)
    records = Records(opened)
    left_out: list[str] = []
    maps = _maps(files, opened, records, left_out)
    extent = span(opened)
    return {
        "view_version": 1,
        "supersedes": supersedes,
        "writers": len(opened.writers),
        "duration_us": (extent.end_ns - extent.start_ns) / 1e3,
        "files": [one.document() for one in maps],
        "timeline": timeline(opened, records, extent, anomalies, left_out),
        "progress": progress(opened, extent),
        "records": records.strips(left_out),
        "latency": latencies(opened),
        "left_out": left_out,
    }


def _maps(files: Sequence[Path], journals: Journals, records: Records, left_out: list[str]) -> list[FileMap]:
    found, _ = sources(files)
    if len(found) > MOST_FILES:
        left_out.append(f"{len(found) - MOST_FILES} of {len(found)} files are not mapped")
    chosen = found[:MOST_FILES]
    highest = max(journals.writers, default=0)
    maps = [
        FileMap(one.path.name, one.size, cells, highest + 1)
        for one, cells in zip(chosen, allot([one.size for one in chosen]), strict=True)
    ]
    looked_at = 0
    for source, one in zip(chosen, maps, strict=True):
        for block in blocks(source, BLOCK_BYTES):
            if looked_at >= MOST_BYTES:
                left_out.append(f"only the first {MOST_BYTES:,} bytes are mapped")
                return maps
            text = read(block)
            first, last = MARGIN_BYTES, len(text) - MARGIN_BYTES
            scanned = scan(text, first, last, block.start, journals.length_of)
            data = np.frombuffer(text, np.uint8)[first:last]
            one.add(records.judged(pieces(scanned, data, block.start)), data, block.start)
            journals.release()
            looked_at += block.end - block.start
    return maps
