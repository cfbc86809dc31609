"""The `caltrop` command, as `caltrop` and as `python -m caltrop`."""

import sys

from ._caltrop import command


def main() -> int:
    """Runs the command line and gives the code to exit with."""
    return command(["caltrop", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
