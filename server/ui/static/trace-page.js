// The page of a trace: its place in the list it was opened from, and the panel of the span that the tree selects.
import { onKeys } from "./keys.js";

const page = document.querySelector(".trace-page");
const id = page.dataset.trace;
const list = JSON.parse(sessionStorage.getItem("trace-list") ?? "null");
const place = list ? list.ids.indexOf(id) : -1;
sessionStorage.setItem("trace-last", id);

function neighbour(step) {
  const other = place < 0 ? undefined : list.ids[place + step];
  return other && `/traces/${other}`;
}

function open(step) {
  const address = neighbour(step);
  if (address) location.assign(address);
}

if (place >= 0) {
  document.getElementById("back").href = list.url;
  document.getElementById("place").textContent = `${place + 1} of ${list.ids.length}`;
  for (const [name, step] of [["newer", -1], ["older", 1]]) {
    const address = neighbour(step);
    const link = document.getElementById(name);
    if (address) link.href = address;
    else link.setAttribute("aria-disabled", "true");
  }
  document.getElementById("position").hidden = false;
}

let timer = 0;
// Holding an arrow key passes over many spans; the server is asked for the one where it stops.
document.querySelector("trace-tree").addEventListener("select-span", (event) => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const state = new URLSearchParams(location.search);
    state.set("span", event.detail);
    htmx.ajax("GET", `/ui/traces/${id}/panel?${state}`, { target: "#panel", swap: "innerHTML" });
  }, 60);
});

onKeys({
  j: () => open(1),
  k: () => open(-1),
  Escape: () => location.assign(document.getElementById("back").href),
});
