// The piece "waves": stripes of a frequency and an angle through the networks (drcn_book/pieces/beyond.py).
import { decimal, line, live, make, number, picture, place, row, select, unpack } from "./controls.mjs";

export function show({ parts, angles, seen }) {
  const root = place("waves");
  if (!root) return;
  const controls = {
    f: number(`Frequency, periods in ${parts} pixels`, { min: 1, max: parts / 2, type: "range" }, 3),
    angle: select("Angle", Object.fromEntries(angles.map((angle) => [angle, `${angle}°`])), angles[0]),
  };
  const first = Object.entries(Object.values(seen)[0]), status = line();
  const views = Object.fromEntries(first.map(([name, { height, width }]) => [name, picture(name, height, width)]));
  const gallery = make("div", { className: "drcn-gallery drcn-views" }, ...Object.values(views).map(({ element }) => element));

  function draw() {
    const part = controls.f.value(), now = Object.entries(seen[`${part} ${controls.angle.value()}`]);
    for (const [k, [name, version]] of now.entries()) {
      views[name].paint(unpack(version));
      views[name].say(k ? `${name}: keeps ${decimal(version.kept, 2)}, ${version.psnr.toFixed(1)} dB` : name);
    }
    const best = now.slice(1).reduce((a, b) => b[1].psnr > a[1].psnr ? b : a);
    status.textContent = `${part}/${parts} of a period a pixel: ${best[0]} comes nearest, with ${best[1].psnr.toFixed(1)} dB.`;
  }

  root.append(row(controls), status, gallery);
  live("waves", root, controls, draw);
}
