"""Logs that we did not write: lines told by a pattern, and what is missing, doubled, torn or out of order in them."""

from harness.analysis.foreign.findings import Expected, Finding, FindingKind, Report
from harness.analysis.foreign.pattern import Pattern
from harness.analysis.foreign.scan import analyze, analyze_file
from harness.analysis.foreign.source import Chunks, Source

__all__ = ["Chunks", "Expected", "Finding", "FindingKind", "Pattern", "Report", "Source", "analyze", "analyze_file"]
