"""The entry point of ``harness`` and of ``python -m harness``.

Loading the commands takes a moment; Ctrl-C in it ends the program as quietly as later on.
"""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from harness import cli

        cli.main()
    except KeyboardInterrupt:
        sys.stderr.write("harness: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
