// The piece "convolution": nine products and their sum, with real numbers (drcn_book/pieces/network.py).
import { decimal, line, live, make, place, row, select } from "./controls.mjs";

const SIDE = 5;

/** The nine [pixel, weight] under output pixel `at`; outside the picture there are zeros. */
export function products(pixels, kernel, at) {
  return kernel.map((weight, tap) => {
    const y = Math.floor(at / SIDE) + Math.floor(tap / 3) - 1, x = at % SIDE + tap % 3 - 1;
    const inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
    return [inside ? pixels[y * SIDE + x] : 0, weight];
  });
}

export const total = (pairs) => pairs.reduce((sum, [pixel, weight]) => sum + pixel * weight, 0);

export function show({ pixels, kernels, biases }) {
  const root = place("convolution");
  if (!root) return;
  const text = (value) => decimal(value, 2);
  const grid = (name, count, tag = "span") => {
    const cells = Array.from({ length: count ** 2 }, () => make(tag, tag === "button" ? { type: "button" } : {}));
    const element = make("div", { className: "drcn-cells", role: "group", "aria-label": name }, ...cells);
    element.style.gridTemplateColumns = `repeat(${count}, 1fr)`;
    return { cells, element: make("figure", {}, element, make("figcaption", { textContent: name })) };
  };
  const input = grid("Input: 5×5 pixels", SIDE), weights = grid("Kernel", 3), output = grid("Output: choose a pixel", SIDE, "button");
  const status = line(), element = make("span");
  let at = 12;
  const set = (value) => { if (/^\d+$/.test(value) && Number(value) < SIDE ** 2) at = Number(value); };
  const controls = {
    filter: select("Filter", Object.fromEntries(kernels.map((_, k) => [k, `number ${k}`])), 0),
    at: { element, label: element, value: () => at, set },
  };

  function draw() {
    const k = Number(controls.filter.value()), kernel = kernels[k], bias = biases[k];
    const pairs = products(pixels, kernel, at), sum = total(pairs) + bias;
    pixels.forEach((value, i) => {
      const near = Math.abs(i % SIDE - at % SIDE) < 2 && Math.abs(Math.floor(i / SIDE) - Math.floor(at / SIDE)) < 2;
      input.cells[i].textContent = text(value);
      input.cells[i].classList.toggle("drcn-chosen", near);
    });
    kernel.forEach((value, i) => { weights.cells[i].textContent = text(value); });
    output.cells.forEach((cell, i) => {
      cell.textContent = text(Math.max(0, total(products(pixels, kernel, i)) + bias));
      cell.setAttribute("aria-label", `row ${Math.floor(i / SIDE)}, column ${i % SIDE}: ${cell.textContent}`);
      cell.setAttribute("aria-pressed", i === at);
      cell.classList.toggle("drcn-chosen", i === at);
      cell.tabIndex = i === at ? 0 : -1;
    });
    const said = pairs.map(([pixel, weight]) => `${text(pixel)}·${weight < 0 ? `(${text(weight)})` : text(weight)}`);
    status.textContent = `${said.join(" + ")} + bias ${text(bias)} = ${text(sum)}; after the ReLU ${text(Math.max(0, sum))}`;
  }

  const choose = (to) => { at = to; draw(); element.dispatchEvent(new Event("change")); };
  output.cells.forEach((cell, i) => {
    cell.addEventListener("click", () => choose(i));
    cell.addEventListener("keydown", (event) => {
      const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
      const y = Math.floor(i / SIDE) + down, x = i % SIDE + right;
      if (down === undefined || Math.min(y, x) < 0 || Math.max(y, x) >= SIDE) return;
      event.preventDefault();
      event.stopPropagation();
      choose(y * SIDE + x);
      output.cells[at].focus();
    });
  });
  root.append(row(controls), make("div", { className: "drcn-body drcn-narrow" }, input.element, weights.element, output.element), status);
  live("convolution", root, controls, draw);
}
