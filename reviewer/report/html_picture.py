# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a function, made fit to stand in a page beside others."""

from xml.etree import ElementTree

from reviewer.report.drawing import drawing
from reviewer.report.flowgraph import Flow

_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def picture(flow: Flow, name: str) -> str:
    """The drawing as it may stand in HTML, all its ids beginning with ``name``.

    The drawing is well-formed and everything in it escaped, and so is this.
    """
    _, _, text = drawing(flow).partition("?>")
    root = ElementTree.fromstring(text.lstrip().replace(_NAMESPACE, "", 1))
    ids = {one for node in root.iter() if (one := node.get("id"))}
    references = {f"url(#{one})": f"url(#{name}-{one})" for one in ids}
    for node in root.iter():
        for key, value in node.attrib.items():
            if key == "id":
                node.set(key, f"{name}-{value}")
            elif key == "aria-labelledby":
                node.set(key, " ".join(f"{name}-{one}" for one in value.split()))
            elif value in references:
                node.set(key, references[value])
    return ElementTree.tostring(root, encoding="unicode")
