"""Runs a program with a socket for standard error that JOURNAL_STREAM names, as systemd does; prints what comes.

journal.py TEXT PROGRAM ARGUMENT...: once TEXT has come, the program is asked to stop; exits as it did.
"""
import os
import socket
import subprocess
import sys

here, there = socket.socketpair()
stream = os.fstat(there.fileno())
environment = dict(os.environ, JOURNAL_STREAM=f"{stream.st_dev}:{stream.st_ino}")
program = subprocess.Popen(sys.argv[2:], stderr=there, env=environment)
there.close()
for line in here.makefile():
    print(line, end="")
    if sys.argv[1] in line:
        program.terminate()
sys.exit(program.wait())
