"""What runs inside a container: takes jobs as JSON lines, writes records, keeps the journal.

``python -m harness.agent ROLE`` greets with one line on stdout, then answers every line on stdin with
one line, and exits when stdin ends. Standard output belongs to the protocol; whatever else is printed
goes to stderr. Standard library only: its start-up is paid once per writer.
"""
