// One pixel of a picture that a network has made: its value in every recursion, how much of the picture each sees, and
// the first sum of nine neighbours with its numbers.
import { make, number, tick } from "./controls.mjs";

/** The first and last pixel of an axis that a cell's answer depends on: `reach` cells of `fold` pixels each way. */
export function field(at, reach, fold, length) {
  const cell = Math.floor(at / fold);
  return [Math.max(0, (cell - reach) * fold), Math.min(length, (cell + reach + 1) * fold) - 1];
}

/**
 * The first convolution at a pixel's cell, one filter: its 3x3 cells as lines of 3 fold numbers, values and weights in
 * 0 ... 1, and the sum with its bias. kernel: (3, 3, fold^2, filters), as Keras keeps it. Outside stand zeros.
 */
export function firstSum({ kernel, bias }, filter, luma, { width, height }, fold, x, y) {
  const side = 3 * fold, filters = bias.length, left = (Math.floor(x / fold) - 1) * fold, top = (Math.floor(y / fold) - 1) * fold;
  const lines = Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, j) => {
    const inside = top + i >= 0 && top + i < height && left + j >= 0 && left + j < width;
    const tap = 3 * Math.floor(i / fold) + Math.floor(j / fold), channel = (i % fold) * fold + j % fold;
    return {
      value: inside ? luma[(top + i) * width + left + j] / 255 : 0,
      weight: kernel[(tap * fold ** 2 + channel) * filters + filter],
    };
  }));
  const sum = lines.flat().reduce((total, { value, weight }) => total + value * weight, bias[filter]);
  return { lines, bias: bias[filter], sum };
}

/**
 * Lies over a picture: the pixel under the pointer, or moved by the arrow keys, is told of. seen(): what there is to
 * tell, { width, height, frames, labels, truth, reaches, fold, first, shown }, frames and truth luma in 0 ... 255, shown
 * the frame whose field is drawn; or null.
 */
export function probe(seen) {
  const on = tick("Probe a pixel", false);
  const boxes = ["drcn-field", "drcn-field drcn-unfolded", "drcn-pixel"].map((className) => make("div", { className }));
  const layer = make("div", { className: "drcn-layer", tabIndex: 0, role: "application", hidden: true,
    "aria-label": "Pixel probe: the arrow keys move it, Enter shows the first sum" }, ...boxes);
  const told = make("p", { className: "drcn-told", role: "status" });
  const rows = make("tbody");
  const table = make("table", {}, make("caption", { textContent: "This pixel" }),
    make("thead", {}, make("tr", {}, ...["picture", "value", "error", "sees"].map((textContent) => make("th", { scope: "col", textContent })))), rows);
  const filter = number("Filter", { min: 1, max: 1 }, 1);
  const grid = make("tbody");
  const said = make("p");
  const sum = make("div", { hidden: true }, make("p", {}, "The first convolution here: each pixel (0 to 1) times its weight."), filter.label,
    make("div", { className: "drcn-scroll" }, make("table", { className: "drcn-sum" }, grid)), said);
  const element = make("div", { hidden: true }, told, make("div", { className: "drcn-body" }, table, sum));
  let at = null, adding = false;

  function lay(box, [left, right], [top, bottom], { width, height }) {
    Object.assign(box.style, {
      left: `${100 * left / width}%`, top: `${100 * top / height}%`,
      width: `${100 * (right - left + 1) / width}%`, height: `${100 * (bottom - top + 1) / height}%`,
    });
  }

  function draw() {
    const now = seen(), active = on.value() === "1" && now !== null;
    layer.hidden = element.hidden = !active;
    if (!active) return;
    const { width, height, frames, labels, truth, reaches, fold, first, shown } = now;
    at ??= { x: Math.floor(width / 2), y: Math.floor(height / 2) };
    at = { x: Math.min(width - 1, Math.max(0, at.x)), y: Math.min(height - 1, Math.max(0, at.y)) };
    const { x, y } = at, i = y * width + x, reach = reaches[shown];
    const seenFrom = (cells, side) => [field(x, cells, side, width), field(y, cells, side, height)];
    const own = seenFrom(reach, fold);
    lay(boxes[0], ...own, now);
    lay(boxes[1], ...seenFrom(reach, 1), now);
    boxes[1].hidden = fold === 1;
    lay(boxes[2], [x, x], [y, y], now);
    const size = ([[left, right], [top, bottom]]) => `${right - left + 1}×${bottom - top + 1}`;
    told.textContent = `Column ${x}, row ${y}${truth ? `, truth ${truth[i].toFixed(1)}` : ""}. ${labels[shown]} sees ${size(own)} pixels` +
      (fold > 1 ? `; without the fold it would see ${size(seenFrom(reach, 1))}.` : ".");
    rows.replaceChildren(...frames.map((frame, k) => make("tr", { className: k === shown ? "drcn-now" : "" },
      make("th", { scope: "row", textContent: labels[k] }), make("td", { textContent: frame[i].toFixed(1) }),
      make("td", { textContent: truth ? (frame[i] - truth[i]).toFixed(1) : "–" }),
      make("td", { textContent: size(seenFrom(reaches[k], k ? fold : 1)) }))));
    sum.hidden = !adding || !first;
    if (sum.hidden) return;
    filter.element.max = first.bias.length;
    const chosen = Math.min(first.bias.length, filter.value()) - 1;
    const { lines, bias, sum: total } = firstSum(first, chosen, frames[0], now, fold, x, y);
    grid.replaceChildren(...lines.map((line) => make("tr", {}, ...line.map(({ value, weight }) =>
      make("td", { textContent: `${value.toFixed(2)} × ${weight.toFixed(2)}` })))));
    said.textContent = `Their sum and the bias ${bias.toFixed(3)}: ${total.toFixed(3)}. After the ReLU: ${Math.max(0, total).toFixed(3)}.`;
  }

  const find = (event) => {
    const box = layer.getBoundingClientRect(), { width, height } = seen();
    at = { x: Math.floor((event.clientX - box.left) / box.width * width), y: Math.floor((event.clientY - box.top) / box.height * height) };
    draw();
  };
  layer.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse" || event.buttons) find(event); });
  layer.addEventListener("click", (event) => { adding = true; find(event); });
  for (const kind of ["pointerdown", "dragstart"]) layer.addEventListener(kind, (event) => event.stopPropagation());   // no wipe
  layer.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1], Enter: [0, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    adding ||= event.key === "Enter";
    at = { x: at.x + step[0], y: at.y + step[1] };
    draw();
  });
  on.element.addEventListener("change", draw);
  filter.element.addEventListener("input", draw);
  return { ...on, layer, told: element, draw };
}
