// <trace-tree src selected icons>: tree and waterfall in one, of which only the rows in view exist.
//
// Data: the columns of `server/ui/waterfall.py`, in pre-order. A span's subtree is the run of deeper spans behind it, so folding is a
// jump over `end[i]`. Fires `select-span` with the span's id. All positions are set through CSSOM: the page forbids inline styles.

import { TraceMap } from "./trace-map.js";

const ROW = 28;
const SPARE = 6;
const FAMILIES = {
  LLM: "model", AGENT: "agent", TOOL: "tool", RETRIEVER: "retrieval", EMBEDDING: "retrieval", RERANKER: "retrieval",
  MEMORY: "retrieval", EVALUATOR: "judgement", GUARDRAIL: "judgement",
};

const took = (ms) =>
  ms < 9.95 ? `${ms.toFixed(1)} ms` : ms < 999.5 ? `${ms.toFixed(0)} ms` : ms < 9995 ? `${(ms / 1000).toFixed(2)} s` : ms < 59950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60000)} m ${String(Math.round((ms % 60000) / 1000)).padStart(2, "0")} s`;

function element(tag, className, parent) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  parent?.append(made);
  return made;
}

function subtreeEnds(depth) {
  const end = new Int32Array(depth.length);
  const open = [];
  for (let i = 0; i <= depth.length; i++) {
    while (open.length && (i === depth.length || depth[i] <= depth[open.at(-1)])) end[open.pop()] = i;
    open.push(i);
  }
  return end;
}

class TraceTree extends HTMLElement {
  #data;
  #end;
  #folded = new Set();
  #visible = [];
  #selected = 0;
  #hits = new Set();
  #mounted = new Map();
  #map;

  async connectedCallback() {
    const answer = await fetch(this.getAttribute("src"));
    if (!answer.ok) return; // the list that the server wrote stays
    this.#data = await answer.json();
    this.#end = subtreeEnds(this.#data.depth);
    this.#selected = Math.max(0, this.#data.id.indexOf(this.getAttribute("selected")));
    this.#build();
    this.#layout();
    this.#reveal(this.#selected);
    document.querySelector(".trace-page").dataset.ready = "";
  }

  #build() {
    this.replaceChildren();
    const tools = element("div", "tools", this);
    this.find = element("input", "", tools);
    Object.assign(this.find, { type: "search", placeholder: "Find a span" });
    this.find.setAttribute("aria-label", "Find a span");
    this.hits = element("span", "hits", tools);
    this.#button(tools, "Fold all", () => this.#foldAll());
    this.#button(tools, "Unfold all", () => this.#unfoldAll());
    this.#map = new TraceMap(element("div", "overview", this), this.#data, () => this.#zoomed());
    this.ticks = element("div", "ticks", element("div", "ruler", this));
    this.#ruler();
    this.rows = element("div", "rows", this);
    this.rows.tabIndex = 0;
    this.rows.setAttribute("role", "tree");
    this.rows.setAttribute("aria-label", "Spans");
    this.space = element("div", "space", this.rows);
    this.rows.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.rows.addEventListener("click", (event) => this.#click(event));
    this.find.addEventListener("input", () => this.#search(this.find.value));
    this.find.addEventListener("keydown", (event) => event.key === "Enter" && this.#nextHit(event.shiftKey ? -1 : 1));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("htmx:after:swap", () => this.#map.keep());
    new ResizeObserver(() => this.#draw()).observe(this.rows);
  }

  #button(parent, label, act) {
    const button = element("button", "ghost", parent);
    Object.assign(button, { type: "button", textContent: label });
    button.addEventListener("click", act);
  }

  #ruler() {
    const { from, to } = this.#map.window;
    this.ticks.replaceChildren();
    for (const share of [0, 0.25, 0.5, 0.75]) {
      const tick = element("span", "", this.ticks);
      const time = from + (to - from) * share;
      tick.textContent = time ? took(time) : "0";
      tick.style.left = `${share * 100}%`;
    }
  }

  #zoomed() {
    this.#ruler();
    this.#layout();
  }

  #layout() {
    this.#visible = [];
    for (let i = 0; i < this.#end.length; i = this.#folded.has(i) ? this.#end[i] : i + 1) this.#visible.push(i);
    this.space.style.height = `${this.#visible.length * ROW}px`;
    for (const row of this.#mounted.values()) row.remove();
    this.#mounted.clear();
    this.#draw();
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.rows.scrollTop / ROW) - SPARE);
    const last = Math.min(this.#visible.length, Math.ceil((this.rows.scrollTop + this.rows.clientHeight) / ROW) + SPARE);
    for (const [place, row] of this.#mounted) {
      if (place < first || place >= last) {
        row.remove();
        this.#mounted.delete(place);
      }
    }
    for (let place = first; place < last; place++) {
      if (!this.#mounted.has(place)) this.#mounted.set(place, this.#row(place));
    }
    this.#mark();
  }

  #row(place) {
    const i = this.#visible[place];
    const data = this.#data;
    const status = data.statuses[data.status[i]];
    const row = element("div", "row", this.space);
    row.style.top = `${place * ROW}px`;
    row.id = `span-${data.id[i]}`;
    row.dataset.index = i;
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", data.depth[i] + 1);
    row.classList.toggle("failed", status === "ERROR");
    row.classList.toggle("cut", status === "INTERRUPTED");
    row.classList.toggle("hit", this.#hits.has(i));
    this.#who(row, i, status);
    this.#lane(row, i);
    return row;
  }

  #who(row, i, status) {
    const data = this.#data;
    const parent = this.#end[i] > i + 1;
    const who = element("div", "who", row);
    who.style.paddingLeft = `${Math.min(data.depth[i], 24) * 14}px`;
    const fold = element("button", parent ? "fold" : "fold leaf", who);
    Object.assign(fold, { type: "button", tabIndex: -1 });
    fold.setAttribute("aria-label", "Fold");
    fold.append(this.#icon("right"));
    if (parent) row.setAttribute("aria-expanded", String(!this.#folded.has(i)));
    const kind = data.kinds[data.kind[i]];
    const family = FAMILIES[kind] ?? "flow";
    who.append(this.#icon(family, `k-${family}`));
    const label = element("span", "label", who);
    label.textContent = data.names[data.name[i]];
    row.title = `${label.textContent} · ${kind.toLowerCase()} · ${status.toLowerCase()}${data.orphan[i] ? " · its parent is not stored" : ""}`;
    if (status === "ERROR") who.append(this.#icon("error", "s-error"));
    if (status === "INTERRUPTED") who.append(this.#icon("cut", "s-interrupted"));
    if (data.orphan[i]) who.append(this.#icon("warn", "s-interrupted"));
  }

  #lane(row, i) {
    const { start, length, kinds, kind } = this.#data;
    const { from, to } = this.#map.window;
    const whole = to - from || 1;
    const stick = element("span", `stick k-${FAMILIES[kinds[kind[i]]] ?? "flow"}`, element("div", "lane", row));
    stick.style.left = `${Math.min(99.6, ((start[i] - from) / whole) * 100)}%`;
    stick.style.width = `${(length[i] / whole) * 100}%`;
    element("span", "took", row).textContent = took(length[i]);
  }

  #icon(name, className = "") {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", `icon ${className}`);
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.getAttribute("icons")}#${name}`);
    svg.append(use);
    return svg;
  }

  #mark() {
    for (const row of this.#mounted.values()) row.setAttribute("aria-selected", String(Number(row.dataset.index) === this.#selected));
    this.rows.setAttribute("aria-activedescendant", `span-${this.#data.id[this.#selected]}`);
  }

  #reveal(i) {
    let place = this.#visible.indexOf(i);
    if (place < 0) {
      for (const folded of [...this.#folded]) if (folded < i && i < this.#end[folded]) this.#folded.delete(folded);
      this.#layout();
      place = this.#visible.indexOf(i);
    }
    const top = place * ROW;
    const { scrollTop, clientHeight } = this.rows;
    if (top < scrollTop) this.rows.scrollTop = top;
    else if (top + ROW > scrollTop + clientHeight) this.rows.scrollTop = top + ROW - clientHeight;
    this.#draw();
  }

  #select(i) {
    if (i === undefined || i === this.#selected) return;
    this.#selected = i;
    this.#reveal(i);
    this.dispatchEvent(new CustomEvent("select-span", { detail: this.#data.id[i] }));
  }

  #fold(i, folded) {
    if (this.#end[i] === i + 1) return;
    if (folded) this.#folded.add(i);
    else this.#folded.delete(i);
    this.#layout();
  }

  #foldAll() {
    for (let i = 0; i < this.#end.length; i++) if (this.#end[i] > i + 1 && this.#data.depth[i] > 0) this.#folded.add(i);
    this.#layout();
  }

  #unfoldAll() {
    this.#folded.clear();
    this.#layout();
  }

  #click(event) {
    const row = event.target.closest(".row");
    if (!row) return;
    const i = Number(row.dataset.index);
    if (event.target.closest(".fold")) this.#fold(i, !this.#folded.has(i));
    else this.#select(i);
  }

  #key(event) {
    const free = document.activeElement === document.body || document.activeElement === this.rows;
    if (!free || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const place = this.#visible.indexOf(this.#selected);
    const moves = {
      ArrowDown: () => this.#select(this.#visible[place + 1]),
      ArrowUp: () => this.#select(this.#visible[place - 1]),
      ArrowRight: () => this.#fold(this.#selected, false),
      ArrowLeft: () => this.#fold(this.#selected, true),
      n: () => this.#nextHit(1),
      N: () => this.#nextHit(-1),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }

  #search(text) {
    const { names, name } = this.#data;
    const wanted = text.trim().toLowerCase();
    const matching = new Set(wanted ? names.flatMap((word, n) => (word.toLowerCase().includes(wanted) ? [n] : [])) : []);
    this.#hits = new Set(name.flatMap((n, i) => (matching.has(n) ? [i] : [])));
    this.hits.textContent = wanted ? `${this.#hits.size} found` : "";
    this.#layout();
  }

  #nextHit(step) {
    const hits = [...this.#hits];
    if (!hits.length) return;
    const after = step > 0 ? hits.find((i) => i > this.#selected) : hits.findLast((i) => i < this.#selected);
    this.#select(after ?? hits.at(step > 0 ? 0 : -1));
  }
}

customElements.define("trace-tree", TraceTree);
