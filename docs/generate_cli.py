"""Writes docs/cli.md from the commands themselves, so that the page and ``--help`` are one text.

``make docs`` runs it; ``--check`` writes nothing and fails when the page is not what the commands say.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from harness.cli import cli

PAGE = Path(__file__).parent / "cli.md"
WIDTH = 100
HEAD = """\
# Commands

Written by `make docs` from the commands themselves: this is what `harness COMMAND --help` prints. What the exit codes
mean stands in [exit-codes.md](exit-codes.md), the result table in [reading-results.md](reading-results.md).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections(cli, "harness", None)])


def _sections(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            if (found := command.get_command(context, child)) is not None and not found.hidden:
                yield from _sections(found, child, context)


def main() -> None:
    """Write the page, or check it."""
    fresh = page()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != fresh:
            sys.exit(f"{PAGE.name} is not what the commands say: run make docs")
        return
    PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
