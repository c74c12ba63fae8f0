// The traces table: a cursor over its rows, filters that apply as they are chosen, and a beat for live rows.
import { onKeys } from "./keys.js";

const rows = () => [...document.querySelectorAll("#rows tr[data-id]")];
let current = null;

function select(row) {
  document.querySelector("#rows tr.current")?.classList.remove("current");
  if (!row) return;
  current = row.dataset.id;
  row.classList.add("current");
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  const index = all.findIndex((row) => row.dataset.id === current);
  select(all[index < 0 ? (step > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, index + step))]);
}

// The page of a trace offers the next one of the list it was opened from.
function remember() {
  const list = { url: location.pathname + location.search, ids: rows().map((row) => row.dataset.id) };
  sessionStorage.setItem("trace-list", JSON.stringify(list));
}

// Empty choices stay out of the address.
function submitFilters(form) {
  const state = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  location.assign(state.size ? `/traces?${state}` : "/traces");
}

const form = document.getElementById("filters");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  submitFilters(form);
});
for (const choice of form?.querySelectorAll("select") ?? []) choice.addEventListener("change", () => submitFilters(form));

// A page that comes back whole from the history shows what its address says, not what was chosen on leaving it.
addEventListener("pageshow", (event) => event.persisted && form?.reset());

const body = document.getElementById("rows");
// Live rows pause while the page is hidden, once somebody has scrolled on to older ones, and while some are chosen.
if (body?.hasAttribute("hx-get")) {
  setInterval(() => {
    if (!document.hidden && scrollY < 400 && !document.querySelector("#rows .pick input:checked")) body.dispatchEvent(new CustomEvent("tick"));
  }, 2000);
}
document.addEventListener("htmx:after:swap", () => {
  remember();
  if (current) document.getElementById(`t-${current}`)?.classList.add("current");
});
addEventListener("pagehide", remember);

// Choosing: a bar says how many, and offers what can be done with them. Without this script the bar is always there.
const chosenIds = () => [...document.querySelectorAll("#rows .pick input:checked")].map((box) => box.value);
const bar = document.getElementById("chosen");
function showChosen() {
  if (!bar) return;
  const count = chosenIds().length;
  bar.hidden = count === 0;
  document.getElementById("chosen-count").textContent = `${count} chosen`;
  document.getElementById("chosen-compare").hidden = count !== 2;
  document.getElementById("chosen-none").hidden = count === 0;
}
body?.addEventListener("change", showChosen);
document.getElementById("chosen-none")?.addEventListener("click", () => {
  for (const box of document.querySelectorAll("#rows .pick input:checked")) box.checked = false;
  showChosen();
});
document.getElementById("chosen-compare")?.addEventListener("click", (event) => {
  event.preventDefault();
  const [a, b] = chosenIds();
  location.assign(`/traces/compare?a=${a}&b=${b}`);
});
// Back from what was done: the browser ticks the boxes again.
addEventListener("pageshow", showChosen);
showChosen();

onKeys({
  x: () => {
    const box = document.querySelector("#rows tr.current .pick input");
    if (!box) return false;
    box.click();
  },
  j: () => move(1),
  k: () => move(-1),
  Enter: () => {
    const row = document.querySelector("#rows tr.current");
    if (!row) return false;
    remember();
    location.assign(row.querySelector(".name a").href);
  },
  Escape: () => {
    current = null;
    select(null);
  },
});
if (body) remember();
try {
  // Back from a trace: its row is where one was.
  const last = sessionStorage.getItem("trace-last");
  const row = last && document.getElementById(`t-${last}`);
  if (row) select(row);
} catch {
  // Storage may be forbidden; the cursor then starts at the top.
}
