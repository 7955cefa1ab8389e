"""Runs a program on a terminal of its own, prints what it wrote there, and ends with its exit code.

    terminal.py STEPS COMMAND…

STEPS is JSON: a list of pairs of a text that is waited for and what is typed when it has come. A text counts once: the next one is looked for
behind it.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

PATIENCE = 60.0  # seconds

steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm-256color"
    os.environ.pop("NO_COLOR", None)
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))

written = b""
looked = 0
end = time.monotonic() + PATIENCE
while True:
    if steps and (at := written.find(steps[0][0].encode(), looked)) >= 0:
        looked = at + len(steps[0][0].encode())
        os.write(terminal, steps.pop(0)[1].encode())
        continue
    if time.monotonic() > end or not select.select([terminal], [], [], end - time.monotonic())[0]:
        sys.stdout.buffer.write(written)
        sys.exit(f"\n{steps[0][0]!r} did not come" if steps else "\nthe program did not end")
    try:
        more = os.read(terminal, 65536)
    except OSError:
        more = b""  # nobody has the terminal open any more
    if not more:
        break
    written += more

sys.stdout.buffer.write(written)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
