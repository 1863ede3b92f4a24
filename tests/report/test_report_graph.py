# SPDX-License-Identifier: GPL-2.0-only
"""The graph of a function: as data, as DOT, and as a picture."""

import json
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from graph_samples import CHOICE, GUARDED, HOSTILE, PERHAPS, SEED, WALK, flow_of, knowledge
from jsonschema import Draft202012Validator

from reviewer.checker.callees import neighbours
from reviewer.report.dot import dot
from reviewer.report.drawing import drawing
from reviewer.report.flow_json import as_json, network
from reviewer.report.flowgraph import Flow, flowgraph
from reviewer.report.listing import BACK, CODE, SWITCH, listing
from reviewer.report.scopes import MAY, MUST
from reviewer.syntax.parse import read_file

ALL = (WALK, CHOICE, GUARDED, PERHAPS, HOSTILE)
SVG = "{http://www.w3.org/2000/svg}"

SMALL = "void small(struct a *a)\n{\n\tif (!a)\n\t\treturn;\n\tspin_lock(&a->l);\n}\n"
SMALL_DOT = """\
digraph "small" {
	label="small(), mm/x.c:1-6; Linux 6.12";
	labelloc=t;
	labeljust=l;
	fontname="monospace";
	node [shape=box, fontname="monospace", fontsize=10, color="#8c959f"];
	edge [fontname="monospace", fontsize=9, color="#57606a"];
	b0 [label="    1 void small(struct a *a)\\l    3 if (!a)\\l"];
	b1 [label="[may hold: a->l]\\l    6 exit\\l", shape=oval];
	b2 [label="    4 return;\\l"];
	b3 [label="    5 spin_lock(&amp;a->l);\\l"];
	b0 -> b2 [label="T", color="#1a7f37", fontcolor="#1a7f37"];
	b0 -> b3 [label="F", color="#c0341d", fontcolor="#c0341d"];
	b2 -> b1;
	b3 -> b1;
}
"""


def seed() -> Flow:
    data = (SEED / "before" / "mm" / "migrate.c").read_bytes()
    return flow_of(data, "folio_migrate_mapping", "mm/migrate.c")


def links(flow: Flow) -> set[tuple[int, int, str]]:
    """The edges of the picture, by lines."""
    shown = listing(flow)
    found = {(one.source, one.target, one.label) for one in shown.falls}
    for route in shown.routes:
        for start in route.sources:
            found |= {(start.row, end.row, start.label or end.label) for end in route.targets}
    return {(shown.rows[one].line, shown.rows[two].line, label) for one, two, label in found}


@pytest.mark.parametrize("text", ALL)
def test_every_node_is_in_one_block_and_every_edge_is_kept(text: str) -> None:
    flow = flow_of(text)
    graph = flow.graph
    nodes = [node for block in flow.blocks for node in block.nodes]
    assert sorted(nodes) == list(range(len(graph.nodes)))
    within = {node: block.number for block in flow.blocks for node in block.nodes}
    joined = {pair for block in flow.blocks for pair in pairwise(block.nodes)}
    edges = {(edge.source, edge.target) for edge in flow.edges}
    for source, targets in enumerate(graph.succ):
        for target, _ in targets:
            assert (source, target) in joined or (within[source], within[target]) in edges


def test_labels_are_what_the_source_says() -> None:
    assert links(flow_of(WALK)) == {
        (6, 7, ""),
        (7, 8, "T"),
        (7, 17, "F"),
        (8, 9, "T"),
        (8, 10, "F"),
        (9, 17, "goto out"),
        (10, 11, "T"),
        (10, 14, "F"),
        (12, 17, "break"),
        (14, 7, "continue"),
    }


def test_the_cases_of_a_switch_are_one_route() -> None:
    flow = flow_of(CHOICE)
    routes = [route for route in listing(flow).routes if route.kind == SWITCH]
    assert [[end.label for end in route.targets] for route in routes] == [
        ["case 2", "case 3", "default"]
    ]
    assert {(3, 4, "case 1"), (7, 8, ""), (6, 14, "break")} <= links(flow)


def test_a_block_holds_the_same_all_through() -> None:
    held = {block.lines: block.must for block in flow_of(WALK).blocks}
    assert held[(1, 3, 6)] == ()
    assert held[(17, 18)] == ("l->lock",)
    assert held[(19,)] == ()


def test_lock_scopes() -> None:
    (lock,) = flow_of(WALK).scopes
    assert (lock.name, lock.kind, lock.taken, lock.dropped) == ("l->lock", "spinlock", (6,), (18,))
    assert lock.cells[6] == (0, MUST) and lock.cells[18] == (MUST, 0)
    assert lock.cells[12] == (MUST, MUST) and lock.cells[19] == (0, 0)


def test_scopes_that_end_by_themselves() -> None:
    outer, inner = (one for one in flow_of(GUARDED).scopes if one.is_lock)
    assert (outer.taken, outer.dropped, outer.ended) == ((3,), (), (5, 9))
    assert (inner.taken, inner.dropped, inner.ended) == ((6,), (), (8,))
    rows = {row.line: row for row in listing(flow_of(GUARDED)).rows}
    assert rows[8].notes == ("spin_unlock(&l->inner)",)
    assert "spin_unlock(&amp;l-&gt;inner) at end of scope" in drawing(flow_of(GUARDED))


def test_what_is_held_on_some_paths_only() -> None:
    flow = flow_of(PERHAPS)
    assert flow.scopes[0].ranges(MAY)[0][0] == 5
    assert "url(#may-A)" in drawing(flow)


def test_rows_leave_out_comments_and_braces() -> None:
    rows = listing(flow_of(WALK)).rows
    assert [row.line for row in rows if row.kind == CODE] == [
        *(1, 3, 6, 7, 8, 9, 10, 11, 12, 14, 17, 18, 19)
    ]
    assert [row.text.strip() for row in rows if row.kind != CODE] == ["} else {", "}"]


@pytest.mark.parametrize("text", ALL)
def test_no_two_routes_of_a_lane_meet(text: str) -> None:
    found: dict[int, list[tuple[float, float]]] = {}
    for route in listing(flow_of(text)).routes:
        ends = [end.row for end in route.targets] + [end.row + 0.5 for end in route.sources]
        found.setdefault(route.lane, []).append((min(ends), max(ends)))
    for spans in found.values():
        assert all(one[1] < two[0] for one, two in pairwise(sorted(spans)))


def test_a_loop_on_one_line_leads_back_to_itself() -> None:
    flow = flow_of("void f(int x)\n{\n\twhile (x) g();\n}\n")
    (back,) = (route for route in listing(flow).routes if route.kind == BACK)
    assert (back.first, back.last) == (1, 1)


@pytest.mark.parametrize("text", ALL)
def test_the_picture_is_well_formed_and_the_same_every_time(text: str) -> None:
    flow = flow_of(text)
    picture = drawing(flow, "Linux <6.12>")
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg" and drawing(flow_of(text), "Linux <6.12>") == picture
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {
        *("svg", "title", "desc", "defs", "pattern", "marker"),
        *("g", "rect", "path", "circle", "text", "tspan"),
    }
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_the_text_of_the_source_is_text_in_the_picture() -> None:
    root = ElementTree.fromstring(drawing(flow_of(HOSTILE)))
    shown = [element.text for element in root.iter(f"{SVG}text")]
    assert '        if (x < 3 && x > "\\l\\"")' in shown
    assert '                say("{{ flow }}{% raw %}");' in shown
    assert any('say("</text><script>&amp;\\n"' in (text or "") for text in shown)
    assert all(text.isprintable() for text in shown if text)


def test_dot() -> None:
    assert dot(flow_of(SMALL), "Linux 6.12") == SMALL_DOT


def test_the_text_of_the_source_is_text_in_dot() -> None:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot(flow_of(HOSTILE)))
    assert "say" not in bare and bare.count('"') % 2 == 0
    assert 'x > \\"\\\\l\\\\\\"\\"\\l' in dot(flow_of(HOSTILE))


@pytest.mark.parametrize("text", ALL)
def test_json(text: str) -> None:
    flow = flow_of(text)
    schema = json.loads(files("reviewer.report").joinpath("graph_schema.json").read_text("utf-8"))
    told = json.loads(as_json(flow))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(told)
    assert len(told["blocks"]) == len(flow.blocks) and len(told["edges"]) == len(flow.edges)
    assert network(flow).number_of_edges() == len(flow.edges)


def test_code_that_was_not_understood() -> None:
    flow = flow_of("void f(int x)\n{\n\tif (x {\n\t}\n}\n")
    assert not flow.whole and flow.problems
    assert flow.problems[0] in drawing(flow) and flow.problems[0] in dot(flow)


def test_a_call_of_which_nothing_is_known() -> None:
    flow = flow_of("void f(int x)\n{\n\tmy_own_lock(x);\n}\n")
    assert flow.whole and flow.problems == ("not known: what my_own_lock() does to locks",)


def test_the_picture_of_the_seed() -> None:
    """To make it anew: mmreview graph mm/migrate.c folio_migrate_mapping -o ..."""
    assert drawing(seed()) == (SEED / "expected-graph.svg").read_text(encoding="utf-8")


def test_a_long_function_is_drawn_in_time() -> None:
    arms = "".join(f"\tif (x == {n})\n\t\tgoto l{n % 50};\n" for n in range(800))
    ends = "".join(f"l{n}:\n\tend({n});\n" for n in range(50))
    flow = flow_of(f"void f(int x)\n{{\n{arms}{ends}}}\n")
    assert len(listing(flow).rows) == 1702
    ElementTree.fromstring(drawing(flow))


@pytest.mark.kernel
def test_every_function_of_a_kernel_file(linux_6_12: Path) -> None:
    facts, vocabulary = knowledge()
    data = (linux_6_12 / "mm" / "khugepaged.c").read_bytes()
    source = read_file(data, vocabulary)
    around = neighbours(source, facts)
    for segment in source.segments:
        flow = flowgraph("mm/khugepaged.c", data, source.parsed(segment), facts, around)
        ElementTree.fromstring(drawing(flow))
        assert dot(flow).startswith("digraph ")
