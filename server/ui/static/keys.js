// One keyboard layer: single keys, never while somebody types, never under a dialog, never with a modifier.

const typing = (target) => target instanceof Element && target.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

/** Call `actions[key](event)` for a key pressed outside of fields. `Escape` in a field leaves the field. */
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const onControl = event.target instanceof Element && event.target.closest("a, button, summary");
    if (event.key === "Enter" && onControl) return;
    const action = actions[event.key];
    if (action && action(event) !== false) event.preventDefault();
  });
}
