// What every page does: links of the mlflow client, theme, help, ages, copying, going somewhere by keyboard.
import { onKeys } from "./keys.js";

const THEMES = ["", "light", "dark"];
const PLACES = { t: "/traces", e: "/experiments", m: "/models", p: "/prompts", c: "/mcp-servers", s: "/skills", j: "/judges", d: "/datasets", r: "/queues", g: "/gateway" };

// The mlflow client prints addresses such as /#/experiments/1/runs/ab12; a server never sees what follows the hash.
function followHash() {
  const path = location.hash.slice(1);
  if (/^\/(experiments|models|prompts|traces|runs|compare-runs|judges|gateway|mcp-servers|skills)(\/|$)/.test(path)) location.replace(path);
}

function themeButton() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const show = () => (button.title = `Theme: ${root.dataset.theme || "system"}`);
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % THEMES.length];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    localStorage.setItem("theme", next);
    show();
  });
  show();
}

function age(seconds) {
  for (const [limit, size, unit] of [[60, 1, "s"], [3600, 60, "m"], [86400, 3600, "h"], [14 * 86400, 86400, "d"]]) {
    if (seconds < limit) return Math.floor(seconds / size) > 0 ? `${Math.floor(seconds / size)}${unit}` : "now";
  }
  return null;
}

// Times are in the zone of whoever reads: in full on hovering, and where a moment is written out.
const zoned = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short",
});
function localTimes() {
  for (const time of document.querySelectorAll("time[datetime]:not([data-zoned])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.dataset.zoned = "";
    time.title = `${zoned.format(moment)} (${time.title || time.dateTime})`;
    if ("moment" in time.dataset) time.textContent = zoned.format(moment);
  }
}

function refreshAges() {
  for (const time of document.querySelectorAll("time[datetime]:not([data-moment])")) {
    const text = age((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (text && text !== time.textContent) time.textContent = text;
  }
}

// The address as others need it: they may be in another workspace.
function linkHere(workspace) {
  const address = new URL(location.href);
  if (workspace) address.searchParams.set("workspace", workspace);
  return address.href;
}

function copyButtons() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy === "link" ? linkHere(button.dataset.workspace) : button.previousElementSibling.textContent);
    const use = button.querySelector("use");
    const before = use.getAttribute("href");
    use.setAttribute("href", before.replace(/#.*/, "#done"));
    setTimeout(() => use.setAttribute("href", before), 1500);
  });
}

function goingPlaces() {
  let armed = -Infinity;
  return {
    g: () => {
      if (performance.now() - armed < 1000) location.assign(PLACES.g);
      armed = performance.now();
    },
    take: (key) => {
      if (performance.now() - armed > 1000) return false;
      location.assign(PLACES[key]);
      return true;
    },
  };
}

// In a list without a cursor of its own, `j` and `k` lead the focus from row to row, and `x` ticks the row's box.
function stepThroughRows(by) {
  if (document.querySelector("#rows, trace-tree, .review")) return false;
  const links = [...document.querySelectorAll("main table.plain tbody tr")].map((row) => row.querySelector("a[href]")).filter(Boolean);
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}
function tickRow() {
  const box = document.activeElement?.closest("table.plain tr")?.querySelector("input[type=checkbox]");
  if (!box) return false;
  box.click();
}

// A table that is wider than the screen is scrolled by keyboard, too: it takes the focus, under the name of its heading.
function scrollableTables() {
  const headings = [...document.querySelectorAll("main h1, main h2")];
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth <= box.clientWidth) {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      continue;
    }
    const above = headings.filter((heading) => heading.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `${above?.textContent.trim() || "Table"}, scrolls sideways`);
  }
}

const places = goingPlaces();
followHash();
addEventListener("hashchange", followHash);
themeButton();
copyButtons();
setInterval(refreshAges, 10_000);
localTimes();
scrollableTables();
addEventListener("resize", scrollableTables);
document.addEventListener("htmx:after:swap", localTimes);
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
const help = document.getElementById("help");
document.getElementById("help-open").addEventListener("click", () => help.showModal());
onKeys({
  "?": () => help.showModal(),
  g: places.g,
  t: () => places.take("t"),
  e: () => places.take("e"),
  m: () => places.take("m"),
  p: () => places.take("p"),
  d: () => places.take("d"),
  r: () => places.take("r"),
  j: () => stepThroughRows(1),
  k: () => stepThroughRows(-1),
  x: tickRow,
  "/": () => {
    const field = document.querySelector("#filter, trace-tree input");
    field?.focus();
    field?.select();
  },
});
// Capture, so that `g j` is a place and `j` alone is the page's.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "j" && !event.target.matches?.("input, textarea, select") && places.take("j")) event.stopImmediatePropagation();
  },
  true,
);
