# SPDX-License-Identifier: GPL-2.0-only
"""What every test may need: the kernel source, and how strict a skip is."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# A build answers for its change alone: it tries the same examples every time, however slow
# the machine. Whoever runs the tests by hand goes on looking for new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

_VARIABLE = "MMREVIEW_LINUX_6_12"
# A skip that no machine but the author's can avoid is never a failure.
_OPTIONAL = ("MMREVIEW_CORPUS",)


def _cached_tree() -> Path:
    """Where scripts/fetch_kernel.sh unpacks linux-source-6.12."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("MMREVIEW_CACHE") or Path(home, "mmreview"), "linux-source-6.12")


# Before any test module is imported: some look at the variable as they are.
if not os.environ.get(_VARIABLE) and _cached_tree().is_dir():
    os.environ[_VARIABLE] = str(_cached_tree().resolve())


@pytest.fixture(scope="session")
def linux_6_12() -> Path:
    """The source of Linux 6.12 as Debian has it."""
    tree = Path(os.environ.get(_VARIABLE, ""))
    if not (tree / "mm" / "migrate.c").is_file():
        pytest.skip(f"{_VARIABLE} names no kernel source; see scripts/fetch_kernel.sh")
    return tree


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With MMREVIEW_REQUIRE_ALL=1, what would be skipped fails."""
    if os.environ.get("MMREVIEW_REQUIRE_ALL") != "1":
        return
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(name in reason for name in _OPTIONAL):
        report.outcome = "failed"
        report.longrepr = f"MMREVIEW_REQUIRE_ALL=1, yet this would be skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
