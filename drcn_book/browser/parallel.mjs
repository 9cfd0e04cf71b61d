// The piece "parallel": what a step of data parallelism loses to the exchange (drcn_book/pieces/machines.py).
import { bars, line, live, make, number, place, row, shape } from "./controls.mjs";
import { amount, ring, seconds } from "./machine.mjs";

export function show({ most, exponents }) {
  const root = place("parallel");
  if (!root) return;
  const power = (name, key, text) => {
    const [min, max, chosen] = exponents[key];
    return number(name, { min, max, step: 0.1, type: "range", text: (exponent) => text(10 ** exponent) }, chosen);
  };
  const controls = {
    devices: number("Devices", { min: 1, max: most, type: "range" }, 8),
    parameters: power("Parameters", "parameters", amount),
    bandwidth: power("Bandwidth", "bandwidth", (value) => `${amount(value)}B/s`),
    latency: power("Latency", "latency", seconds),
    computing: power("Computing a step", "computing", seconds),
  };
  const status = line(), drawing = shape("svg", { viewBox: "0 0 330 170", role: "img" });
  const times = bars("A step, if nothing overlaps");
  const across = (devices) => (52 + 270 * (devices - 1) / (most - 1)).toFixed(1), down = (share) => (148 - 124 * share).toFixed(1);

  function draw() {
    const devices = controls.devices.value();
    const [parameters, bandwidth, latency, computing] = ["parameters", "bandwidth", "latency", "computing"].map((key) =>
      10 ** controls[key].value());
    const share = (count, wait) => computing / (computing + ring(count, 4 * parameters, bandwidth, wait).sum);   // float32
    const curve = (wait) => Array.from({ length: most }, (_, k) => `${across(k + 1)},${down(share(k + 1, wait))}`).join(" ");
    drawing.innerHTML = `<text x="8" y="12">share of a step that is computing</text>` + [0, 0.5, 1].map((level) =>
      `<path class="grid" d="M52 ${down(level)}H322"/><text x="47" y="${Number(down(level)) + 4}" text-anchor="end">${100 * level} %</text>`).join("") +
      `<polyline class="line-1" points="${curve(0)}"/><polyline class="line-0" points="${curve(latency)}"/>` +
      `<circle class="ink-0" r="6" cx="${across(devices)}" cy="${down(share(devices, latency))}"/>` +
      `<text x="52" y="165">1 device</text><text x="322" y="165" text-anchor="end">${most} devices</text>`;
    const { waiting, sending, sum } = ring(devices, 4 * parameters, bandwidth, latency), step = computing + sum;
    times.draw([["computing", computing], ["latency", waiting], ["sending", sending], ["in all", step]].map(([part, value]) =>
      [part, value / step, seconds(value)]));
    status.textContent = `A step takes ${seconds(step)}: ${(100 * computing / step).toFixed(1)} % computing. ` +
      `${devices} device${devices > 1 ? "s do" : " does"} the work of ${(devices * computing / step).toFixed(1)}.`;
    drawing.setAttribute("aria-label", status.textContent);
  }

  root.append(row(controls), status, make("div", { className: "drcn-body" }, make("figure", { className: "drcn-drawing" }, drawing,
    make("figcaption", { textContent: "Orange: with your latency, the dot at your devices; violet dashes: without any. Gradients are " +
      "float32, 4 bytes a parameter." })), times.element));
  live("parallel", root, controls, draw);
}
