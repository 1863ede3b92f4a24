# SPDX-License-Identifier: GPL-2.0-only
"""The mails of reviews made by hand."""

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import cast

from report_samples import FINDING, PATCH, VERDICT, review_of

from reviewer.checker.records import Finding
from reviewer.patch.records import Patch
from reviewer.report.mail import mail
from reviewer.verdict.records import Verdict

NOW = datetime(2025, 1, 7, 9, 30, tzinfo=UTC)


def sent(*verdicts: Verdict, patch: Patch = PATCH) -> EmailMessage:
    (text,) = mail(review_of(*verdicts, patch=patch), "0.1.0", NOW)
    parsed = email.message_from_bytes(text.encode(), policy=default)
    assert not parsed.defects
    return cast(EmailMessage, parsed)


def body(*verdicts: Verdict, patch: Patch = PATCH) -> str:
    return sent(*verdicts, patch=patch).get_content()


def about(**changes: object) -> Verdict:
    return replace(VERDICT, finding=cast(Finding, replace(FINDING, **changes)))  # type: ignore[arg-type]
