// SPDX-License-Identifier: GPL-2.0-only
"use strict";
(() => {
	const each = (within, what, then) => within.querySelectorAll(what).forEach(then);

	// Steps of a schedule: one at a time, those ahead faint; nothing is hidden.
	each(document, ".timeline", (timeline) => {
		const rows = [...timeline.querySelectorAll("tbody tr")];
		const told = timeline.querySelector(".now");
		const controls = timeline.querySelector(".controls");
		let at = -1;

		const say = (row) => {
			const place = row.querySelector(".does .what").textContent;
			const effect = row.querySelector(".effect").textContent;
			const actor = row.dataset.actor ? `, ${row.dataset.actor}` : "";
			return `Step ${at + 1} of ${rows.length}: CPU ${row.dataset.cpu}${actor}: ${place}${effect && `. ${effect}`}`;
		};
		const show = (wanted) => {
			at = Math.max(0, Math.min(rows.length - 1, wanted));
			each(document, ".sides tr.now", (row) => row.classList.remove("now"));
			rows.forEach((row, number) => {
				row.classList.toggle("ahead", number > at);
				if (number === at) row.setAttribute("aria-current", "step");
				else row.removeAttribute("aria-current");
			});
			const line = rows[at].dataset.row && document.getElementById(rows[at].dataset.row);
			if (line) line.classList.add("now");
			told.textContent = say(rows[at]);
			each(controls, "button", (button) => {
				const end = ["next", "last"].includes(button.dataset.go) ? rows.length - 1 : 0;
				button.setAttribute("aria-disabled", String(at === end));
			});
		};
		const go = {
			first: () => show(0),
			back: () => show(at - 1),
			next: () => show(at + 1),
			last: () => show(rows.length - 1),
		};
		const keys = { ArrowLeft: "back", ArrowRight: "next", ArrowUp: "back", ArrowDown: "next", Home: "first", End: "last" };

		controls.hidden = false;
		told.textContent = `${rows.length} steps`;
		each(controls, "button", (button) => button.addEventListener("click", () => go[button.dataset.go]()));
		timeline.addEventListener("keydown", (event) => {
			const wanted = keys[event.key];
			// There the keys move what is too wide to be seen.
			if (event.target.classList.contains("scroll")) return;
			if (!wanted || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			go[wanted]();
		});
	});

	// Lines far from anything there is to see.
	each(document, ".sides tbody.far", (far) => {
		const count = far.rows.length;
		const body = document.createElement("tbody");
		const row = body.insertRow();
		const cell = row.insertCell();
		const button = document.createElement("button");
		body.setAttribute("role", "rowgroup");
		row.setAttribute("role", "row");
		cell.setAttribute("role", "cell");
		row.className = "fold";
		cell.colSpan = 6;
		button.type = "button";
		const fold = (hidden) => {
			far.hidden = hidden;
			button.setAttribute("aria-expanded", String(!hidden));
			button.textContent = `${hidden ? "Show" : "Hide"} ${count} lines that stayed`;
		};
		button.addEventListener("click", () => fold(!far.hidden));
		cell.append(button);
		far.before(body);
		fold(true);
	});
	// A link into folded lines unfolds them.
	const unfold = () => {
		const target = location.hash && document.getElementById(location.hash.slice(1));
		const far = target && target.closest("tbody.far[hidden]");
		if (far) {
			far.previousElementSibling.querySelector("button").click();
			target.scrollIntoView();
		}
	};
	addEventListener("hashchange", unfold);
	unfold();

	// What is wider than there is room can be reached without a mouse, and is no stop elsewhere.
	const stops = new ResizeObserver((entries) => entries.forEach(({ target }) => {
		if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
		else target.removeAttribute("tabindex");
	}));
	each(document, ".scroll", (one) => stops.observe(one));

	// Pages opened from a file may not use the clipboard everywhere.
	const selected = (node) => {
		const range = document.createRange();
		range.selectNodeContents(node);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
	};
	const copied = async (node) => {
		try {
			await navigator.clipboard.writeText(node.textContent);
			return true;
		} catch {
			selected(node);
			return document.execCommand("copy");
		}
	};
	each(document, ".copy", (line) => {
		const button = line.querySelector("button");
		line.hidden = false;
		button.addEventListener("click", async () => {
			const done = await copied(document.getElementById(button.dataset.copy));
			line.querySelector("[role=status]").textContent = done ? "Copied." : "Selected; press Ctrl+C to copy.";
		});
	});

	addEventListener("beforeprint", () => each(document, "details", (one) => { one.open = true; }));
})();
