"""Logs that we did not write: lines told by a pattern, and what is missing, doubled, torn or out of order in them."""
