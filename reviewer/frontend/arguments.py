# SPDX-License-Identifier: GPL-2.0-only
"""How every verb but the first reads its command line."""

import argparse
from typing import NoReturn

from reviewer.frontend.inputs import InputError


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")
