// The piece "stripes": one frequency made half as large and enlarged again (drcn_book/pieces/problem.py).
import { line, live, make, number, picture, place, row, select } from "./controls.mjs";
import { response, wave, halved } from "./waves.mjs";
import { resize } from "./pictures.mjs";

const WIDTH = 64, HEIGHT = 8;

export function show({ parts }) {
  const root = place("stripes");
  if (!root) return;
  const controls = {
    f: number(`Frequency, periods in ${parts} pixels`, { min: 0, max: parts / 2, type: "range" }, parts / 8),
    way: select("Made half as large", { bicubic: "by bicubic interpolation", second: "by taking every second pixel" }, "bicubic"),
  };
  const status = line();
  const views = [["as they are", 1], ["half as large", 2], ["enlarged again", 1]].map(([name, by]) =>
    ({ name, ...picture(name, HEIGHT / by, WIDTH / by) }));

  function draw() {
    const f = controls.f.value() / parts, second = controls.way.value() === "second";
    const stripes = wave(f, WIDTH, 0), small = halved(stripes, second), back = resize(small, 1, WIDTH);
    [stripes, small, back].forEach(({ data, width }, k) => {
      const bytes = new Uint8ClampedArray(4 * width * (k === 1 ? HEIGHT / 2 : HEIGHT)).fill(255);
      for (let i = 0; i < bytes.length / 4; i++) bytes.fill(127.5 + 127.5 * data[i % width], 4 * i, 4 * i + 3);
      views[k].paint(bytes);
    });
    const periods = [f, Math.min(2 * f, 1 - 2 * f), f].map((value) => value.toFixed(4));
    views.forEach(({ say, name }, k) => say(`${name}${k < 2 ? `: ${periods[k]} periods a pixel` : ""}`));
    const { kept, alias } = response(f, second);
    status.textContent = `f = ${periods[0]}: kept ${kept.toFixed(3)}, alias ${alias.toFixed(3)} of frequency ${(0.5 - f).toFixed(4)}.`;
  }

  root.append(row(controls), status, make("div", { className: "drcn-stripes" }, ...views.map(({ element }) => element)));
  live("stripes", root, controls, draw);
}
