// The piece "roofline": the fewest seconds of a convolution on a GPU, by its data sheet (drcn_book/pieces/machines.py).
import { bars, line, live, make, number, place, row, select, shape } from "./controls.mjs";
import { amount, convolution, roofline, seconds } from "./machine.mjs";

export function show({ machines, bytes, side }) {
  const root = place("roofline");
  if (!root) return;
  const same = (names) => Object.fromEntries(names.map((name) => [name, name]));
  const controls = {
    filters: number("Filters", { min: 2, max: 256, step: 2, type: "range" }, 32),
    batch: number(`Patches of ${side}×${side}`, { min: 1, max: 64, type: "range" }, 8),
    fold: select("Fold", { 1: "1, every pixel", 2: "2, cells of 2×2", 4: "4, cells of 4×4" }, 1),
    number: select("Number type", same(Object.keys(bytes)), "bfloat16"),
    machine: select("Machine", same(Object.keys(machines)), "A100"),
  };
  const status = line(), drawing = shape("svg", { viewBox: "0 0 330 200", role: "img" });
  const times = bars("The fewest seconds, by the data sheet");
  const across = (intensity) => (48 + 80 * Math.log10(intensity)).toFixed(1);   // 1 to some 2000 operations a byte
  const down = (rate) => (170 - 25 * (Math.log10(rate) - 9)).toFixed(1);        // 1 G to 1 P operations a second

  function draw() {
    const [filters, batch, fold, type, name] = Object.values(controls).map(({ value }) => value());
    const machine = machines[name], peak = machine.flops[type];
    const grid = [1, 10, 100, 1000].map((x) => `<path class="grid" d="M${across(x)} 20V170"/>` +
      `<text x="${across(x)}" y="184" text-anchor="middle">${x}</text>`).join("") +
      [1e9, 1e11, 1e13, 1e15].map((y) => `<path class="grid" d="M48 ${down(y)}H322"/>` +
      `<text x="43" y="${Number(down(y)) + 4}" text-anchor="end">${amount(y)}</text>`).join("");
    const roof = (flops) => `${across(1)},${down(machine.bandwidth)} ${across(flops / machine.bandwidth)},${down(flops)} 322,${down(flops)}`;
    drawing.innerHTML = `<text x="5" y="12">FLOP a second</text><text x="322" y="197" text-anchor="end">FLOP a byte</text>${grid}` +
      Object.values(machine.flops).map((flops) => `<polyline class="thin" points="${roof(flops)}"/>`).join("");
    times.element.hidden = !peak;
    if (peak) {
      const work = convolution(filters, batch * side ** 2 / fold ** 2, bytes[type]), found = roofline(machine, type, work);
      const rate = work.flop / found.least;
      drawing.innerHTML += `<polyline class="line-0" points="${roof(peak)}"/>` +
        `<path class="level" d="M48 ${down(peak)}H322"/>` +
        `<circle class="ink-1" r="6" cx="${across(work.flop / work.size)}" cy="${down(rate)}"/>`;
      const parts = [["arithmetic", found.arithmetic], ["memory", found.memory], ["call", found.call]];
      const longest = parts.reduce((a, b) => b[1] > a[1] ? b : a);
      times.draw([...parts, ["at least", found.least]].map(([part, value]) => [part, value / found.least, seconds(value)]));
      status.textContent = `${amount(work.flop)}FLOP on ${amount(work.size)}B: at least ${seconds(found.least)}, ` +
        `${(100 * rate / peak).toFixed(0)} % of the peak. The ${longest[0]} takes longest` +
        `${found.memory ? "" : "; the bytes fit into the cache"}.`;
    } else status.textContent = `The data sheet of ${name} has no ${type}: choose ${Object.keys(machine.flops).join(" or ")}.`;
    drawing.setAttribute("aria-label", status.textContent);
  }

  root.append(row(controls), status, make("div", { className: "drcn-body" }, make("figure", { className: "drcn-drawing" }, drawing,
    make("figcaption", { textContent: "Orange: the roof of this number type, if every byte comes from memory; broken: if all lie in the " +
      "cache. Thin: the roofs of the other types. The dot is this 3×3 convolution, its call included: it stands below the roof." })),
  times.element));
  live("roofline", root, controls, draw);
}
