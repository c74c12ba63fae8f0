// Filters that were given a name. They are kept in this browser; a link to a view is its address, as everywhere.

const KEY = "trace-views";
const list = document.getElementById("views-list");
const name = document.getElementById("view-name");

function stored() {
  try {
    const views = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(views) ? views.filter((view) => typeof view?.name === "string" && /^\?|^$/.test(view.query)) : [];
  } catch {
    return []; // storage may be forbidden, or hold what another version wrote
  }
}

function keep(views) {
  localStorage.setItem(KEY, JSON.stringify(views));
  show();
}

function show() {
  const views = stored();
  list.replaceChildren(
    ...views.map((view) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `/traces${view.query}`;
      link.textContent = view.name;
      if (view.query === location.search) link.setAttribute("aria-current", "true");
      const remove = document.createElement("button");
      Object.assign(remove, { type: "button", className: "ghost", textContent: "×", title: `Forget ${view.name}` });
      remove.setAttribute("aria-label", remove.title);
      remove.addEventListener("click", () => keep(stored().filter((other) => other.name !== view.name)));
      line.append(link, remove);
      return line;
    }),
  );
  document.getElementById("views-none").hidden = views.length > 0;
}

function save() {
  const label = name.value.trim();
  if (!label) return;
  const others = stored().filter((view) => view.name !== label);
  keep([...others, { name: label, query: location.search }].sort((one, other) => one.name.localeCompare(other.name)));
  name.value = "";
}

if (list) {
  show();
  document.getElementById("views").hidden = false;
  document.getElementById("view-save").addEventListener("click", save);
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") save();
  });
}
