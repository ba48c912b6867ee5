"""The collector's end of a connection: whole records are logged, and one that breaks off is none."""

import io
import pickle
import struct

import pytest

from harness.strategies.log_socket import _whole

FRAMES = [struct.pack(">L", len(body)) + body for body in (pickle.dumps({"msg": "x" * size}, 1) for size in (1, 300))]


@pytest.mark.parametrize("missing", [0, 1, 200, len(FRAMES[1]) - 3, len(FRAMES[1]) - 1, len(FRAMES[1])])
def test_what_breaks_off_is_no_record(missing: int) -> None:
    sent = b"".join(FRAMES)
    whole = list(_whole(io.BytesIO(sent[: len(sent) - missing])))
    assert whole == [frame[4:] for frame in FRAMES[: 1 if missing else 2]]
