"""Import this first: a missing package is then one line that names it, not a traceback."""

import sys

APT_PACKAGES = {"numpy": "python3-numpy", "torch": "python3-torch", "sentencepiece": "python3-sentencepiece"}

for module, package in APT_PACKAGES.items():
    try:
        __import__(module)
    except ImportError:
        sys.exit(f"{sys.executable} has no module {module}: apt install {package}, and run with /usr/bin/python3")
