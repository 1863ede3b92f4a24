# SPDX-License-Identifier: GPL-2.0-only
"""A name for a finding by which it is known again."""

import hashlib

from reviewer.checker.records import Finding


def fingerprint(finding: Finding) -> str:
    """A name for the finding that does not change with line numbers: by the place
    it is about and the locks it lost, and by its causes where it has neither."""
    about = finding.lost if finding.place or finding.lost else finding.causes
    parts = (finding.rule, finding.file, finding.function, finding.place, *about)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
