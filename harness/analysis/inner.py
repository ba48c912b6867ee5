"""The inner loops of the analysis: compiled where there was a C compiler at installation, else in numpy.

The results are equal, byte by byte and row by row; only speed differs. They are called as attributes of this
module, so that tests and measurements can exchange them.
"""

from harness.analysis import beside, cells, covering, find, kernel, kinds, lines, runs

NUMPY = {
    "whole_lines": lines.whole_lines,
    "find_runs": runs.find_runs,
    "to_the_right": runs.to_the_right,
    "to_the_left": runs.to_the_left,
    "content": cells.content,
    "cut_up": kinds.cut_up,
    "covered": covering.covered,
    "among": find.among,
    "rows": find.rows,
    "order": find.order,
    "brackets": find.brackets,
    "longest": find.longest,
    "places": find.places,
    "marked": find.marked,
    "mark": find.mark,
    "room": runs.room,
    "dispute": beside.dispute,
    "decide": beside.decide,
}
"""The loops in numpy, by name, whatever is in use."""

COMPILED = kernel.BUILT

if COMPILED:
    whole_lines, find_runs, room = kernel.whole_lines, kernel.find_runs, kernel.room
    to_the_right, to_the_left, dispute = kernel.to_the_right, kernel.to_the_left, kernel.dispute
    content, cut_up, covered = kernel.content, kernel.cut_up, kernel.covered
    among, rows, order = kernel.among, kernel.rows, kernel.order
    brackets, longest, decide = kernel.brackets, kernel.longest, kernel.decide
    places, marked, mark = kernel.places, kernel.marked, kernel.mark
else:
    whole_lines, find_runs, room = lines.whole_lines, runs.find_runs, runs.room
    to_the_right, to_the_left, dispute = runs.to_the_right, runs.to_the_left, beside.dispute
    content, cut_up, covered = cells.content, kinds.cut_up, covering.covered
    among, rows, order = find.among, find.rows, find.order
    brackets, longest, decide = find.brackets, find.longest, beside.decide
    places, marked, mark = find.places, find.marked, find.mark
