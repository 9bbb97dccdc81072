"""The Textual kit both desks are made of; knows no role."""

import os

# Textual reads this once: so often it paints at most. Who presses a key just after a frame waits for the next one, and
# after a long frame for the one after that; its usual 60 are felt when rows change all the time.
os.environ.setdefault("TEXTUAL_FPS", "120")
