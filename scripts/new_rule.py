#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Start a new rule: a folder in rules/ with what every rule has, and a line in README.md.

    scripts/new_rule.py NAME SUMMARY [--code] [--topic TOPIC] [--severity SEVERITY]
    scripts/new_rule.py --table

What is made works, and is not done: its one case that fires and its one that is
silent show how cases are written, and the tests ask for more of them.  With
--code the rule gets a check.py, without it a [when] table.  --table only writes
the list of rules in README.md anew.  Exit status: 0, or 2 for wrong usage.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from reviewer.frontend.rules import markdown
from reviewer.rule_tables import SEVERITIES, TOPICS
from reviewer.ruleset import RulesError, rule_folders, rules_folder

PROJECT = rules_folder().parent
BEGIN = "<!-- rules: written by scripts/new_rule.py --table -->\n"
END = "<!-- end of rules -->\n"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")

RULE = """\
# SPDX-License-Identifier: GPL-2.0-only
summary = "{summary}"
severity = "{severity}"
since = "0.1"
topic = "{topic}"
message = "{message}"
"""
WHEN = 'when = { access = "write", lost = "lock" }\n'
CHECK = '''\
# SPDX-License-Identifier: GPL-2.0-only
"""{summary}."""

from collections.abc import Iterator

from reviewer.checker.records import Finding
from reviewer.checker.report import finding
from reviewer.checker.rule import FunctionChange, PatchChange, Rule


def check(rule: Rule, change: FunctionChange, patch: PatchChange) -> Iterator[Finding]:
    """One finding for each member `example` that is written now and was not before."""
    # What several rules may need, and all that takes more than a few lines, goes into
    # reviewer/checker/; change.operations and patch.removed() say what came and went.
    before = {access.place for access in change.before.accesses if access.kind == "write"}
    for access in change.after.accesses:
        example = access.kind == "write" and access.place.endswith("->example")
        if example and access.place not in before:
            yield finding(
                rule,
                change,
                line=access.line,
                message=rule.message.replace("{access}", access.text),
                reason=f"nothing wrote {access.place} in this function before the patch",
                cause=f"example {access.place}",
                access=access.text,
            )
'''
README = """\
# {name}

{summary}. Say here what of a patch is looked at.

**What goes wrong.** Say here what other CPUs, or the next call, make of it.

**When it is fine, and how to say so.** Say here what makes the change right, and which words in
the changelog show that the author thought of it.

## Cases

Say here what happens that is reported:

```c before
{before}```

```c after
{fires}```

Say here what looks like it and is fine:

```c before
{before}```

```c after
{silent}```
"""
BEFORE = """\
int set(struct thing *t, int value)
{
	spin_lock(&t->lock);
	t->users++;
	t->example = value;
	spin_unlock(&t->lock);
	return 0;
}
"""
WITHOUT = BEFORE.replace("\tt->example = value;\n", "")
# What fires where data says what to look for, and where code does.
MOVED = WITHOUT.replace("\treturn", "\tt->example = value; // expect: {name}\n\treturn")
WRITTEN = BEFORE.replace("example = value;", "example = value; // expect: {name}")


class Refused(Exception):
    """What cannot be made; one line."""


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Run the command; its exit status."""
    options = _parser().parse_args(arguments)
    try:
        if options.table:
            write_table(project)
            return 0
        made = new_rule(project, options)
        write_table(project)
    except (Refused, RulesError, OSError) as error:
        print(f"new_rule.py: {error}", file=sys.stderr)
        return 2
    print(f"made {', '.join(str(path.relative_to(project)) for path in made)}; README.md lists it")
    print(f"""
Next:
  1. read rules/{options.name}/README.md, and replace what it says by what the rule does;
  2. write cases first: three that fire and three that are silent, at least;
  3. make them pass:
       .venv/bin/pytest tests/checker tests/test_architecture.py -k {options.name}
  4. put a line into CHANGELOG.md, and the rule into benchmarks/accepted_rules.toml.""")
    return 0


def _parser() -> argparse.ArgumentParser:
    what, usage, *more = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="new_rule.py",
        description=what,
        epilog="\n\n".join(more),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("name", nargs="?", default="", help="hyphenated, in lower case: lock-removed")
    add("summary", nargs="?", default="", help="what is wrong, as a sentence without a full stop")
    add("--code", action="store_true", help="with a check.py")
    add("--topic", choices=TOPICS, default="other", help="its place in the catalogue")
    add("--severity", choices=SEVERITIES[:2], default="warning", help="what it proposes")
    add("--table", action="store_true", help="only write the list in README.md anew")
    return parser


def new_rule(project: Path, options: argparse.Namespace) -> list[Path]:
    """Make the folder of a rule; the files in it."""
    name, summary = options.name, " ".join(options.summary.split()).rstrip(".")
    if not _NAME.fullmatch(name):
        raise Refused(f"'{name}' is no name of a rule: words in lower case, hyphens between them")
    if not summary:
        raise Refused(f"{name} needs a summary: what is wrong, in a sentence")
    if not summary.isprintable() or set(summary) & set('"\\|{}'):
        raise Refused("the summary may not have quotes, backslashes, braces or bars in it")
    folder = project / "rules" / name
    if folder.exists():
        raise Refused(f"rules/{name} is there already")
    message = "{access} is written" if options.code else "{access} is now written without {lost}"
    rule = RULE.format(
        summary=summary, severity=options.severity, topic=options.topic, message=message
    )
    before, fires = (WITHOUT, WRITTEN) if options.code else (BEFORE, MOVED)
    silent = before.replace("return 0", "return value")
    files = {
        "rule.toml": rule if options.code else rule + WHEN,
        "README.md": README.format(
            name=name,
            summary=summary,
            before=before,
            fires=fires.replace("{name}", name),
            silent=silent,
        ),
    }
    if options.code:
        files["check.py"] = CHECK.replace("{summary}", summary)
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return [folder / file for file in files]


def write_table(project: Path) -> None:
    """Write the list of rules in README.md anew."""
    path = project / "README.md"
    text = path.read_text(encoding="utf-8")
    start, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Refused(f"README.md has no lines '{BEGIN.strip()}' and '{END.strip()}'")
    table = markdown(rule_folders([project / "rules"]))
    path.write_text(f"{start}{begin}\n{table}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
