// The piece "gradients": the ways there and back of chapter 4, with sliders (drcn_book/pieces/supervision.py).
import { line, live, make, number, place, row, shape } from "./controls.mjs";
import { flow, shares } from "./flow.mjs";

export function show({ depth }) {
  const root = place("gradients");
  if (!root) return;
  const share = { min: 0, max: 1, step: 0.01, type: "range" };
  const controls = {
    gain: number("Gain of the recursion", { min: 0.5, max: 1.5, step: 0.05, type: "range" }, 0.6),
    alpha: number("α, share of the single outputs", share, 0),
    d: number("Recursion d", { min: 1, max: depth, type: "range" }, depth),
    w: number("Its weight w_d in the ensemble", share, 1),
  };
  const status = line(), rows = make("tbody");
  const drawing = shape("svg", { viewBox: "0 0 330 130", role: "img" });
  const table = make("table", {}, make("caption", { textContent: "What each use of the shared weight gets" }),
    make("thead", {}, make("tr", {}, ...["Use", "Signal h", "Error", "Came back", "Part"].map((textContent) =>
      make("th", { scope: "col", textContent })))), rows);

  function draw() {
    const [gain, alpha, d, weight] = ["gain", "alpha", "d", "w"].map((key) => controls[key].value());
    const found = flow(gain, shares(depth, d, weight), alpha), { signals, errors, back, parts, sum } = found;
    const wide = (value, all) => (8 * Math.sqrt(value / Math.max(...all, 1e-9))).toFixed(2);   // arrows grow as the root
    const step = 300 / depth, at = (k) => 24 + step * k;
    drawing.innerHTML = `<text x="5" y="46">h</text>` + signals.map((_, k) => {
      const x = at(k), arrow = (kind, path, value, all) => `<path class="open ${kind}" style="stroke-width:${wide(value, all)}" d="${path}"/>`;
      const head = (kind, path) => `<path class="${kind}" d="${path}"/>`;
      return arrow("thin", `M${x - 13} 42H${x - 1}`, k ? signals[k - 1] : 1, [1, ...signals]) + head("grey", `M${x - 6} 37l6 5l-6 5z`) +
        arrow("ink-0", `M${x + 11} 100V70`, errors[k], errors) +
        (k ? arrow("ink-1", `M${x - 1} 60H${x - 13}`, gain * back[k], back) + head("ink-1", `M${x - 10} 56l-4 4l4 4z`) : "") +
        `<rect class="${k === d - 1 ? "ink-2" : "grid"} open" x="${x}" y="34" width="22" height="34"/>` +
        `<text x="${x + 11}" y="55" text-anchor="middle">w</text><text x="${x + 11}" y="116" text-anchor="middle">${k + 1}</text>` +
        `<path class="ink-2" d="M${x} 30h22v-${(26 * parts[k] / Math.max(...parts)).toFixed(1)}h-22z"/>`;
    }).join("");
    rows.replaceChildren(...parts.map((part, k) => make("tr", { className: k === d - 1 ? "drcn-chosen" : "" },
      make("th", { scope: "row", textContent: k + 1 }),
      ...[signals[k], errors[k], back[k], part].map((value) => make("td", { textContent: value.toPrecision(3) })))));
    status.textContent = `Gradient of the shared weight: ${sum.toPrecision(3)}. ` +
      `Use 1 gets ${parts[0].toPrecision(3)}, use ${depth} ${parts.at(-1).toPrecision(3)}.`;
    drawing.setAttribute("aria-label", status.textContent);
  }

  root.append(row(controls), status, make("div", { className: "drcn-body" }, make("figure", { className: "drcn-drawing" }, drawing,
    make("figcaption", { textContent: "Grey: the signal on its way there. Orange: the errors at the outputs. Violet: the gradient " +
      "on its way back. Green: the part of each use. The thicker, the more." })), table));
  live("gradients", root, controls, draw);
}
