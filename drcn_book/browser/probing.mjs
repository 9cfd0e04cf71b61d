// The piece "probe": every recursion of one picture under a wipe and a pixel probe (drcn_book/pieces/probe.py).
import { address, make, number, picture, place, select, unpack } from "./controls.mjs";
import { probe } from "./probe.mjs";
import { wipe } from "./wipe.mjs";
import { zoomed } from "./zoom.mjs";

export function show({ name, labels, pictures, truth, reaches, fold, first, psnr }) {
  const root = place(name);
  if (!root) return;
  const { width, height } = pictures[0], last = labels.length - 1;
  const grey = pictures.map(unpack), known = truth ? unpack(truth) : null;
  const levels = (bytes) => bytes && Float32Array.from({ length: width * height }, (_, i) => bytes[4 * i]);
  const [left, right] = ["left", "right"].map((side) => picture(side, height, width));
  const parted = wipe(left.canvas, right.canvas);
  const zoom = zoomed(parted.frame, "Picture; scroll it with the arrow keys, zoom with + and -", () => width);
  const others = { bicubic: grey[0], ...known && { truth: known } };
  const controls = {
    d: number("Right of the line: frame", { min: 0, max: last, type: "range" }, last),
    left: select("Left of the line", Object.fromEntries(Object.keys(others).map((key) => [key, key])), "bicubic"),
    at: parted,
    zoom,
  };
  const seen = { width, height, labels, fold, first, reaches, frames: grey.map(levels), truth: levels(known) };
  const looking = probe(() => ({ ...seen, shown: controls.d.value() }));
  parted.frame.append(looking.layer);
  const status = make("p", { className: "drcn-status", role: "status" });
  root.append(make("div", { className: "drcn-row" }, ...Object.values(controls).map(({ label }) => label), looking.label),
    status, zoom.frame, looking.told);

  function draw() {
    const d = controls.d.value();
    left.paint(others[controls.left.value()]);
    right.paint(grey[d]);
    left.say(controls.left.value());
    right.say(labels[d]);
    controls.d.element.setAttribute("aria-valuetext", labels[d]);
    status.textContent = `Left of the line: ${controls.left.value()}. Right of it: ${labels[d]}${psnr ? `, ${psnr[d].toFixed(2)} dB` : ""}.`;
    looking.draw();
  }

  zoom.fit();
  const link = address(name, root, { ...controls, probe: looking }, () => { zoom.apply(); draw(); });
  for (const { element } of Object.values(controls)) element.addEventListener("change", () => { link(); draw(); });
  looking.element.addEventListener("change", link);
  controls.d.element.addEventListener("input", draw);
  zoom.apply();
  draw();
}
