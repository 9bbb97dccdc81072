"""The way in: ``paydesk`` and ``python -m paydesk``."""

import sys


def main() -> None:
    """Run the command line and exit with its code; ^c before it stands is told as plainly as later."""
    try:
        from paydesk.cli.front import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
