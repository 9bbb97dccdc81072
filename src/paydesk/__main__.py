"""The way in: ``paydesk`` and ``python -m paydesk``."""

import contextlib
import gc
import json
import locale
import os
import sys

from paydesk.cli.ending import EndedBySignal, raised

_FRAMES = "120"
"""So many frames a second at most, where ``TEXTUAL_FPS`` says nothing else: who presses a key just after a long frame
waits for up to two of its intervals, and with Textual's usual 60 that is felt while rows change all the time.
"""


def _fold_letters_alike() -> None:
    """Have C libraries fold letters as English does: by Turkish rules Kafka's own finds no SASL_PLAINTEXT."""
    for name in ("C.UTF-8", "C"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return


def main() -> None:
    """Run the command line and exit with its code; what interrupts it before it stands is told as plainly as later."""
    try:
        with raised():
            _fold_letters_alike()
            os.environ.setdefault("TEXTUAL_FPS", _FRAMES)
            # What is imported stays: looking through it for garbage takes a tenth of a short command. A side that has
            # what it needs begins again.
            gc.disable()
            from paydesk.cli.main import run

            code = run(sys.argv[1:], last=True)
    except (KeyboardInterrupt, EndedBySignal) as ending:
        code = 128 + ending.number if isinstance(ending, EndedBySignal) else 130
        error = {"code": "interrupted", "message": "Interrupted.", "hint": ""}
        sys.stderr.write(f"{json.dumps({'error': error}) if '--json' in sys.argv else error['message']}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
