# SPDX-License-Identifier: GPL-2.0-only
"""A mail server that keeps what it gets, and a repository to send from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hook_samples import Box, Repository


@pytest.fixture(scope="session")
def post() -> Iterator[Box]:
    """The mail server."""
    controller = pytest.importorskip("aiosmtpd.controller")
    box = Box(0)

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            box.mails.append(envelope.content.decode("utf-8", "replace"))
            return "250 kept"

    class Server(controller.Controller):  # type: ignore[misc, name-defined]
        def _trigger_server(self) -> None:
            # The port is known only now, and asked for by what follows.
            self.port = box.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    server = Server(Handler(), hostname="127.0.0.1", port=0)
    server.start()
    yield box
    server.stop()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with the tree before the patch."""
    made = Repository(tmp_path)
    made.base()
    return made


@pytest.fixture
def sending(tmp_path: Path, post: Box) -> Repository:
    """The same, with somebody to send to."""
    made = Repository(tmp_path, post)
    made.base()
    return made
