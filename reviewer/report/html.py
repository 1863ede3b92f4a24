# SPDX-License-Identifier: GPL-2.0-only
"""The review as one page for a browser, which needs nothing besides.

Everything that came from the patch is escaped, and a policy in the page lets
nothing run or load but the script and the style that stand in it.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reviewer.report.html_images import Look, nothing
from reviewer.report.html_page import Listed, listed, parts
from reviewer.report.states import standing_reason
from reviewer.report.terminal import summary
from reviewer.report.text import called, clean, counted, sentence
from reviewer.verdict.records import Review

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

MOST_LISTED = 300
"""Entries of one list, and lines of a changelog, that are shown."""

LONGEST = 10_000
"""Characters of one text."""

_LEFT = {
    "changelog": "Suppressed by the changelog",
    "option": "Suppressed by an option",
    "baseline": "Suppressed by the baseline",
    "tree": "Refuted by the tree",
    "series": "Repaired later in the series",
}
_CHANGELOG = {
    "silent": "does not say why",
    "explains": "speaks of it",
    "unknown": "there is none",
}


def html(review: Review, version: str = "", look: Look = nothing) -> str:
    """The page.  ``look`` gives the functions that findings are about; without it
    the hunks of the patch are shown.  The same review gives the same bytes."""
    style, script = _asset("review.css"), _asset("review.js")
    groups = listed(review)
    return _template().render(
        review=review,
        title=_title(review),
        version=version,
        summary=summary(review),
        style=style,
        script=script,
        policy=_policy(style, script),
        groups=groups,
        parts=list(parts(review, look)),
        fact_names={
            one: f"fact-{n}" for n, one in enumerate(sorted(review.facts, key=_counted), 1)
        },
        changelog_words=_CHANGELOG,
        left_words=_LEFT,
        most=MOST_LISTED,
        untold=_untold(groups),
    )


def _title(review: Review) -> str:
    """What the page is called: by the patch, or how many there are."""
    if len(review.patches) != 1:
        return counted(len(review.patches), "patch")
    patch = review.patches[0]
    paths = [clean(diff.path) for diff in patch.files]
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return clean(patch.subject) or (f"{paths[0]}{more}" if paths else "a patch")


def _counted(name: str) -> tuple[str, int]:
    """``rule-10`` behind ``rule-9``."""
    kind, _, number = name.rpartition("-")
    return kind, int(number) if number.isdecimal() else 0


def _untold(groups: Any) -> int:
    some: list[Listed] = [one for group in groups.values() for one in group]
    return sum(not one.name for one in some)


def _policy(style: "Markup", script: "Markup") -> str:
    """What the page may do: use this style and run this script."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> "Markup":
    """A part of the page that is ours word for word, without its own licence line."""
    from markupsafe import Markup

    text = files("reviewer.report").joinpath("templates", name).read_text("utf-8")
    return Markup(text.partition("\n")[2])


def shown(value: Any) -> Any:
    """A text as it may stand on the page: no character in it that is not seen, or
    that turns the direction of writing; and not longer than anybody reads."""
    from markupsafe import Markup

    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value if len(value) <= LONGEST else f"{value[:LONGEST]}\u2026"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)


@cache
def _template() -> "Template":
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    folder = files("reviewer.report").joinpath("templates")
    environment = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=shown,
    )
    environment.filters.update(
        clean=clean,
        called=called,
        counted=counted,
        sentence=sentence,
        reason=standing_reason,
        # Only pictures that `html_picture` made come this way.
        picture=Markup,
    )
    return environment.get_template("review.html.j2")
