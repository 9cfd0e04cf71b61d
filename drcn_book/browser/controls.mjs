// What every piece is made of: elements, controls with labels, a chart, pictures, settings in the page's address.

/** An element with properties, attributes (those with a dash, and role) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name === "role" || name.includes("-")) element.setAttribute(name, value); else element[name] = value;
  element.append(...children);
  return element;
}

/** A shape of an SVG, with attributes. */
export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The element that a piece's script stands in; a notebook runs the script elsewhere, and then it is looked for. */
export function place(name) {
  const root = document.currentScript?.parentElement ?? document.querySelector(`.drcn-${name}:not([data-ready])`);
  if (!root || root.dataset.ready) return null;
  root.dataset.ready = "1";
  root.dataset.lmSuppressShortcuts = "true";   // JupyterLab: keys typed here are not commands
  root.addEventListener("keydown", (event) => { if (event.target.matches("input, select")) event.stopPropagation(); });
  root.querySelector(".drcn-still").hidden = true;
  return root;
}

/** A control under its name. `value()` reads it as the type it was given, `set(text)` changes it. */
export function control(name, element, value) {
  return { element, value, label: make("label", { className: "drcn-control" }, make("span", { textContent: name }), element) };
}

export function select(name, options, chosen) {
  const made = Object.entries(options).map(([value, textContent]) => make("option", { value, textContent }));
  const element = make("select", {}, ...made);
  element.value = chosen;
  return { ...control(name, element, () => element.value), set: (text) => { if (text in options) element.value = text; } };
}

/** A number; of a range the name tells it, by `text`: a slider of an exponent tells the power. */
export function number(name, { min, max, step = 1, type = "number", text = String }, chosen) {
  const element = make("input", { type, min, max, step, value: chosen });
  const made = control(name, element, () => valid(element.value));
  const valid = (typed) => typed !== "" && Number.isFinite(Number(typed)) ? Math.min(max, Math.max(min, Number(typed))) : chosen;
  const tell = () => {
    if (type !== "range") return;
    const told = text(element.value);
    made.label.firstChild.textContent = `${name}: ${told}`;
    element.setAttribute("aria-valuetext", told);
  };
  element.addEventListener("input", tell);
  tell();
  return { ...made, set: (typed) => { element.value = valid(typed); tell(); } };
}

export function tick(name, chosen) {
  const element = make("input", { type: "checkbox", checked: chosen });
  const made = control(name, element, () => element.checked ? "1" : "0");
  made.label.classList.add("drcn-tick");
  return { ...made, set: (text) => { element.checked = text === "1"; } };
}

export function button(textContent, act) {
  const element = make("button", { type: "button", textContent });
  element.addEventListener("click", act);
  return element;
}

/**
 * The settings of a piece in the page's address, as #NAME?key=value&..., and back. controls: by key.
 * `changed` is called after another address has been read: a link in the text may lead to it.
 */
export function address(name, root, controls, changed) {
  const read = () => {
    const [piece, query] = location.hash.slice(1).split("?");
    if (piece !== name || query === undefined) return false;
    for (const [key, text] of new URLSearchParams(query)) controls[key]?.set(text);
    root.scrollIntoView();
    return true;
  };
  addEventListener("hashchange", () => { if (read()) changed(); });
  read();
  return () => {
    const query = new URLSearchParams(Object.entries(controls).map(([key, { value }]) => [key, value()]));
    history.replaceState(history.state, "", `#${name}?${query}`);
  };
}

/** Keeps controls and the page's address together and calls `draw`, now and after every change. */
export function live(name, root, controls, draw) {
  const link = address(name, root, controls, draw);
  for (const { element } of Object.values(controls)) {
    element.addEventListener("input", draw);
    element.addEventListener("change", () => { link(); draw(); });
  }
  draw();
}

/** A number with so many decimals: a real minus sign, but none before nothing. */
export function decimal(value, digits) {
  const text = value.toFixed(digits);
  return text.replace("-", Number(text) === 0 ? "" : "−");
}

/** A step in dB with its sign, but no sign at nothing. */
export function signed(value) {
  const text = decimal(value, 2);
  return value > 0 && Number(text) ? `+${text}` : text;
}

/** Controls in a row. */
export function row(controls) {
  return make("div", { className: "drcn-row" }, ...Object.values(controls).map(({ label }) => label));
}

/** The line that says what is seen; screen readers read it out. */
export function line() {
  return make("p", { className: "drcn-status", role: "status" });
}

/** A table of parts as bars: draw([[name, share of the widest bar in 0 ... 1, text], ...]). */
export function bars(caption) {
  const rows = make("tbody");
  const draw = (parts) => rows.replaceChildren(...parts.map(([name, share, textContent]) => make("tr", {},
    make("th", { scope: "row", textContent: name }),
    make("td", {}, make("div", { className: "drcn-bar", style: `width:${(100 * share).toFixed(1)}%` })),
    make("td", { textContent }))));
  return { element: make("table", { className: "drcn-gradients" }, make("caption", { textContent: caption }), rows), draw };
}

/**
 * A line chart. draw(lines, { end, level, floor }): each line is a list of [x, y], x from 0 to end; level is drawn as
 * a broken line; what lies below the floor is drawn on it.
 */
export function chart(title, { logarithmic = false, text = (value) => value.toFixed(2) } = {}) {
  const svg = make("div", { className: "drcn-chart" });
  const scale = logarithmic ? Math.log10 : (value) => value;
  const back = logarithmic ? (value) => 10 ** value : (value) => value;
  const draw = (lines, { level, floor = -Infinity, end }) => {
    const known = level === undefined ? [] : [scale(level)];
    const values = [...lines.flat().map(([, y]) => scale(y)), ...known].filter(Number.isFinite);
    let low = Math.max(Math.min(...values), floor), high = Math.max(...values);
    if (!(high > low)) [low, high] = values.length ? [low - 0.5, low + 0.5] : [0, 1];
    const across = (x) => 52 + 270 * x / end;
    const down = (y) => 148 - 124 * (Math.min(high, Math.max(low, scale(y))) - low) / (high - low);
    const ticks = [high, (low + high) / 2, low].map((value) => {
      const y = 148 - 124 * (value - low) / (high - low);
      return `<path class="grid" d="M52 ${y}H322"/><text x="47" y="${y + 4}" text-anchor="end">${text(back(value))}</text>`;
    });
    const curves = lines.map((points, k) => {
      const drawn = points.filter(([, y]) => Number.isFinite(scale(y)));
      const places = drawn.map(([x, y]) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`);
      return `<polyline class="line-${k}" points="${places.join(" ")}"/>`;
    });
    const bicubic = level === undefined ? "" :
      `<path class="level" d="M52 ${down(level)}H322"/><text x="320" y="${down(level) - 4}" text-anchor="end">bicubic</text>`;
    const last = lines.map((points) => points.length ? text(points.at(-1)[1]) : "none yet").join(", ");
    svg.innerHTML = `<svg viewBox="0 0 330 170" role="img" aria-label="${title}: now ${last}">` +
      `<text x="8" y="12">${title}</text>${ticks.join("")}${bicubic}${curves.join("")}` +
      `<text x="52" y="165">0</text><text x="322" y="165" text-anchor="end">step ${end}</text></svg>`;
  };
  return { element: svg, draw };
}

/** A picture with a line below it that `say` changes; `paint` takes RGBA bytes. */
export function picture(name, height, width) {
  const canvas = make("canvas", { width, height, role: "img" });
  const caption = make("figcaption");
  const say = (text) => { caption.textContent = text; canvas.setAttribute("aria-label", text); };
  const paint = (bytes) => canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
  say(name);
  return { element: make("figure", {}, canvas, caption), canvas, paint, say };
}

/** What the package packed of a luma picture, as the RGBA bytes of a canvas. */
export function unpack({ data }) {
  const text = atob(data), bytes = new Uint8ClampedArray(4 * text.length).fill(255);
  for (let i = 0; i < text.length; i++) bytes.fill(text.charCodeAt(i), 4 * i, 4 * i + 3);
  return bytes;
}
