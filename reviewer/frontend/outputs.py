# SPDX-License-Identifier: GPL-2.0-only
"""Write what a verb made: to a file, or to standard output."""

import sys
from pathlib import Path

from reviewer.frontend.inputs import InputError


def write(text: str, output: str | None) -> None:
    """Write a text to the file ``output``, to standard output for None.

    InputError says in one line where that is not possible; a reader that has
    enough is a BrokenPipeError.
    """
    try:
        if output is not None:
            Path(output).write_bytes(text.encode("utf-8", "backslashreplace"))
        elif sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        where = "standard output" if output is None else f"-o {output}"
        raise InputError(f"{where}: {error.strerror}") from None
