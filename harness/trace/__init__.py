"""What a writer leaves behind: records in the shared file, and its journal beside it.

Ground floor: the agent writes these formats and the analysis reads them, and neither imports the other.
Standard library only.
"""
