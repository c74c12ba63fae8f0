// The whole of a trace in a strip above its waterfall. Dragging over it zooms the waterfall to that stretch, a click shows the whole again.
//
// The stretch is kept in the address as `t0` and `t1`, milliseconds after the start of the trace, so that a link shows what one sees.

const HEIGHT = 34;
const SLIPPED = 4; // pixels: less than this was a click

// By way of a real property: the value of a variable is text, in which light-dark() is not decided yet.
function colour(element, name) {
  element.style.color = `var(${name})`;
  return getComputedStyle(element).color;
}

/** The stretch that the address names, or the whole. */
export function windowFromAddress(duration) {
  const state = new URLSearchParams(location.search);
  const [from, to] = ["t0", "t1"].map((name) => Number.parseFloat(state.get(name)));
  return from >= 0 && to > from && from < duration ? { from, to: Math.min(to, duration) } : { from: 0, to: duration };
}

function windowToAddress({ from, to }, duration) {
  const address = new URL(location.href);
  const whole = from === 0 && to === duration;
  for (const [name, value] of [["t0", from], ["t1", to]]) {
    if (whole) address.searchParams.delete(name);
    else address.searchParams.set(name, value.toFixed(3));
  }
  history.replaceState(history.state, "", address);
}

export class TraceMap {
  #data;
  #window;
  #onChange;
  #drag = null;

  /** `data`: the columns of the trace; `onChange({from, to})` is called with each new stretch. */
  constructor(parent, data, onChange) {
    this.#data = data;
    this.#onChange = onChange;
    this.#window = windowFromAddress(data.duration);
    this.canvas = document.createElement("canvas");
    this.canvas.className = "map";
    this.canvas.title = "Drag to zoom in, click to see all";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "The whole trace in time; drag over it to zoom");
    parent.append(this.canvas);
    this.canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.canvas.addEventListener("pointerup", (event) => this.#release(event));
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  get window() {
    return this.#window;
  }

  /** Write the stretch into the address again, where the panel has put an address of its own. */
  keep() {
    windowToAddress(this.#window, this.#data.duration);
  }

  #zoom(from, to) {
    this.#window = { from, to };
    windowToAddress(this.#window, this.#data.duration);
    this.#draw();
    this.#onChange(this.#window);
  }

  #time(event) {
    const box = this.canvas.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.#data.duration;
  }

  #press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.#drag = { x: event.clientX, from: this.#time(event), to: this.#time(event) };
  }

  #move(event) {
    if (!this.#drag) return;
    this.#drag.to = this.#time(event);
    this.#draw();
  }

  #release(event) {
    if (!this.#drag) return;
    const { x, from, to } = this.#drag;
    this.#drag = null;
    if (Math.abs(event.clientX - x) < SLIPPED) this.#zoom(0, this.#data.duration);
    else this.#zoom(Math.min(from, to), Math.max(from, to));
  }

  #draw() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = HEIGHT * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    this.#sticks(pen, width);
    this.#shade(pen, width);
  }

  // Each span in the line of its depth; failures last, so that none is painted over.
  #sticks(pen, width) {
    const { start, length, depth, status, statuses, duration } = this.#data;
    const lines = Math.max(...depth.slice(0, 20_000)) + 1;
    const step = Math.min(6, HEIGHT / lines);
    const paint = (failed) => {
      pen.fillStyle = colour(this.canvas, failed ? "--bad" : "--control");
      for (let i = 0; i < start.length; i++) {
        if ((statuses[status[i]] === "ERROR") !== failed) continue;
        const wide = Math.max(1, (length[i] / (duration || 1)) * width);
        pen.fillRect((start[i] / (duration || 1)) * width, depth[i] * step, wide, Math.max(1, step - 1));
      }
    };
    paint(false);
    paint(true);
  }

  // What lies outside of the stretch is dimmed.
  #shade(pen, width) {
    const { from, to } = this.#drag ?? this.#window;
    const [left, right] = [Math.min(from, to), Math.max(from, to)].map((time) => (time / (this.#data.duration || 1)) * width);
    pen.globalAlpha = 0.7;
    pen.fillStyle = colour(this.canvas, "--bg");
    pen.fillRect(0, 0, left, HEIGHT);
    pen.fillRect(right, 0, width - right, HEIGHT);
    pen.globalAlpha = 1;
    if (left <= 0 && right >= width) return;
    pen.fillStyle = colour(this.canvas, "--accent");
    pen.fillRect(left, 0, 1, HEIGHT);
    pen.fillRect(right - 1, 0, 1, HEIGHT);
  }
}
