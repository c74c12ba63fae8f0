"""What a page must have for everybody to use it, looked for by a script in the page: names, landmarks, tables, contrast (WCAG 2.2 AA)."""

__all__ = ("FAULTS",)

FAULTS = r"""() => {
  const faults = [];
  const say = (what, element) => faults.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (element) => (element.getAttribute("aria-label") || element.title || element.textContent || "").trim();
  if (document.documentElement.lang === "") faults.push("the page names no language");
  if (document.querySelectorAll("main").length !== 1) faults.push("a page has one main landmark");
  if (!document.querySelector("h1")) faults.push("a page has a heading");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`two elements have the id ${id}`);
  for (const element of document.querySelectorAll("a[href], button, summary")) if (seen(element) && !name(element)) say("no name", element);
  for (const element of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (seen(element) && !element.labels?.length && !element.getAttribute("aria-label")) say("no label", element);
  for (const element of document.querySelectorAll("nav")) if (seen(element) && !element.getAttribute("aria-label")) say("a nav without a name", element);
  for (const element of document.querySelectorAll("img")) if (!element.hasAttribute("alt")) say("no alt", element);
  for (const table of document.querySelectorAll("table:not(.attributes, .diff)")) if (seen(table) && !table.querySelector("th") && !table.getAttribute("aria-label")) say("a table without heads", table);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const over = (color, below) => {
    canvas.clearRect(0, 0, 1, 1);
    if (below) { canvas.fillStyle = `rgb(${below.join(" ")})`; canvas.fillRect(0, 0, 1, 1); }
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) layers.unshift(getComputedStyle(each).backgroundColor);
    return layers.reduce((below, color) => over(color, below), over("Canvas"));
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const looked = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || looked.has(element) || !seen(element) || element.closest("svg, .sr, :disabled")) continue;
    looked.add(element);
    const style = getComputedStyle(element), below = background(element), above = over(style.color, below);
    const [high, low] = [light(above), light(below)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, element);
  }
  return faults;
}"""
