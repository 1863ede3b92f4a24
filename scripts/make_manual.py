#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Write the manual page, docs/mmreview.1, from what the program takes.

    scripts/make_manual.py [--check]

With --check nothing is written, and the exit status is 1 when the page is not
what it would be.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reviewer.frontend.manual import page

PAGE = Path(__file__).resolve().parents[1] / "docs" / "mmreview.1"


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/mmreview.1.")
    parser.add_argument("--check", action="store_true", help="tell whether it is up to date")
    if not parser.parse_args().check:
        PAGE.write_text(page(), encoding="ascii")
        return 0
    current = PAGE.is_file() and PAGE.read_text(encoding="ascii") == page()
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
