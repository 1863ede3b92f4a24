# SPDX-License-Identifier: GPL-2.0-only
"""How every verb reads its command line."""

import argparse
from typing import NoReturn

from reviewer.frontend.console import columns
from reviewer.frontend.inputs import InputError


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def formatter(prog: str) -> argparse.HelpFormatter:
    """The usual one, which would load half of the library to learn the width."""
    return argparse.HelpFormatter(prog, width=columns() - 2)
