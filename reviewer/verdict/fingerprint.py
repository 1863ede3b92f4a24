# SPDX-License-Identifier: GPL-2.0-only
"""A name for a finding by which it is known again."""

import hashlib
import re

from reviewer.checker.records import Finding

_LINE = re.compile(r" \d+$")


def fingerprint(finding: Finding) -> str:
    """A name for the finding that does not change with line numbers: by the place
    it is about and the locks it lost, and by its causes where it has neither."""
    # Two causes of one kind are told apart by their line, which a later version has elsewhere.
    causes = tuple(_LINE.sub("", cause) for cause in finding.causes)
    about = finding.lost if finding.place or finding.lost else causes
    parts = (finding.rule, finding.file, finding.function, finding.place, *about)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
