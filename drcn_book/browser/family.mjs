// The piece "family": DRCN's ancestors and successors, what each changed (drcn_book/pieces/beyond.py).
import { line, live, make, place, row, select, shape, signed } from "./controls.mjs";

const WIDE = 74, HIGH = 38, middle = ({ column, row }) => [42 + 82 * column, 24 + 62 * row];

export function show({ members, numbers }) {
  const root = place("family");
  if (!root) return;
  const same = (names) => Object.fromEntries(names.map((name) => [name, name]));
  const names = Object.keys(members);
  const controls = {
    network: select("Network", same(names), "DRCN"),
    set: select("Pictures", same(Object.keys(numbers)), Object.keys(numbers)[0]),
  };
  const status = line(), head = make("tr"), rows = make("tbody"), table = make("table", {}, make("thead", {}, head), rows);
  const drawing = shape("svg", { viewBox: "0 0 330 300", role: "radiogroup", "aria-label": "Family tree: choose a network" });

  /** From below the parent to above the child; between two columns, where it would cross a box. */
  function way(parent, child) {
    const [x0, y0] = middle(parent), [x1, y1] = middle(child), half = HIGH / 2, gap = x1 - 41;
    return child.row - parent.row < 2 || child.column === parent.column ? `M${x0} ${y0 + half}L${x1} ${y1 - half}`
      : `M${x0} ${y0 + half}L${gap} ${y0 + 62 - half}V${y0 + 62 + half}L${x1} ${y1 - half}`;
  }
  const ways = names.flatMap((child) => members[child].parents.map((parent) =>
    ({ parent, child, path: shape("path", { d: way(members[parent], members[child]) }) })));
  const boxes = Object.fromEntries(names.map((name) => {
    const [x, y] = middle(members[name]);
    const outline = shape("rect", { x: x - WIDE / 2, y: y - HIGH / 2, width: WIDE, height: HIGH, rx: 4 });
    const below = shape("text", { x, y: y + 13, "text-anchor": "middle" }), label = shape("text", { x, y: y - 2, "text-anchor": "middle" });
    label.textContent = name;
    const box = shape("g", { role: "radio", style: "cursor:pointer;pointer-events:all" }, outline, label, below);
    box.addEventListener("click", () => pick(name));
    return [name, { box, outline, below }];
  }));

  function pick(name, focus) {
    controls.network.set(name);
    controls.network.element.dispatchEvent(new Event("change"));
    if (focus) boxes[name].box.focus();
  }

  // One box is reached by the Tab key; the arrows go along a row, and to the nearest box of the row above or below.
  drawing.addEventListener("keydown", (event) => {
    const [right, down] = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key] ?? [];
    if (right === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = middle(members[controls.network.value()]);
    const far = (name) => {
      const dx = middle(members[name])[0] - x, dy = middle(members[name])[1] - y, along = right * dx + down * dy;
      return along <= 0 || (right && dy) ? Infinity : 10 * along + Math.abs(dx);
    };
    const next = names.reduce((a, b) => far(b) < far(a) ? b : a);
    if (far(next) < Infinity) pick(next, true);
  });

  function draw() {
    const name = controls.network.value(), { year, parents, changed, own } = members[name], found = numbers[controls.set.value()];
    for (const [key, { box, outline, below }] of Object.entries(boxes)) {
      const chosen = key === name;
      outline.setAttribute("class", chosen ? "open ink-0" : parents.includes(key) ? "open ink-1" : "grid");
      below.textContent = found[key] ? `${found[key][0].toFixed(2)} dB` : "–";
      box.setAttribute("aria-checked", chosen);
      box.setAttribute("tabindex", chosen ? 0 : -1);
      box.setAttribute("aria-label", `${key}, ${members[key].year}`);
    }
    for (const { parent, child, path } of ways)
      path.setAttribute("class", child === name ? "open ink-1" : parent === name ? "open ink-2" : "thin");
    const shown = [...new Set([name, ...parents, "DRCN", own])].filter((key) => key), best = found.DRCN[0];
    head.replaceChildren(make("td"), ...shown.map((key) =>
      make("th", { scope: "col", textContent: key === own ? `${key}, measured here` : `${key}\u00a0†` })));
    rows.replaceChildren(...[
      ["PSNR, dB", ([psnr]) => psnr?.toFixed(2)],
      ["To DRCN, dB", ([psnr]) => psnr && signed(psnr - best)],
      ["Parameters", ([, parameters]) => parameters?.toLocaleString("en")],
      ["Multiply-adds, G", ([,, gmacs]) => gmacs?.toLocaleString("en", { minimumFractionDigits: 1 })],
    ].map(([textContent, text]) => make("tr", {}, make("th", { scope: "row", textContent }),
      ...shown.map((key) => make("td", { textContent: text(found[key] ?? []) ?? "not known" })))));
    status.textContent = `${name} (${year}${parents.length ? `, after ${parents.join(" and ")}` : ""}): ${changed}.`;
  }

  drawing.append(...ways.map(({ path }) => path), ...Object.values(boxes).map(({ box }) => box));
  root.append(row(controls), status, make("div", { className: "drcn-body" }, make("figure", { className: "drcn-drawing" }, drawing,
    make("figcaption", { textContent: "Orange: the network, violet: what it came from, green: what came of it. Choose a box, or a name; " +
      "with the arrow keys from box to box. † as reported; multiply-adds for an output of 1280×720." })), table));
  live("family", root, controls, draw);
}
