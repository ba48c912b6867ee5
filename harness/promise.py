"""What strategies promise. A module of its own, because every container imports it at start-up: model.py, with its
dataclasses, takes 40 ms more."""

from enum import StrEnum


class Promise(StrEnum):
    """What a strategy can promise. Only a broken promise is damage."""

    INTACT = "intact"
    """no record is interleaved or truncated, none has a torn copy, and none appears that nobody wrote"""
    NO_LOSS = "no-loss"
    """an acknowledged record is there"""
    NO_DUPLICATES = "no-duplicates"
    """no record is there more than once"""
    WRITER_ORDER = "writer-order"
    """the records of one writer stand in the order in which it wrote them"""
    REAL_TIME_ORDER = "real-time-order"
    """a record acknowledged before another was begun stands before it"""
    MUTUAL_EXCLUSION = "mutual-exclusion"
    """no two critical sections overlap in time"""
    NO_TORN_READS = "no-torn-reads"
    """an observer sees only states that somebody wrote"""
    FRESH_READS = "fresh-reads"
    """an observer sees what was acknowledged last before it read, or something newer, and never goes back"""
