// The piece "kernel": samples under Keys' kernel, to be dragged (drcn_book/pieces/problem.py).
import { decimal, line, live, make, place, shape } from "./controls.mjs";
import { keys, resize } from "./pictures.mjs";

const STEP = 46, LEFT = 50, across = (t) => LEFT + STEP * t, down = (level) => 150 - level;

export function show({ samples }) {
  const root = place("kernel");
  if (!root) return;
  const count = samples.length, now = [...samples], status = line();
  const hills = samples.map(() => shape("path", { class: "thin" })), curve = shape("polyline", { class: "line-0" });
  const fresh = shape("path", { class: "ink-1" });
  const dots = samples.map((_, k) => shape("g", { role: "slider", tabindex: 0, "aria-label": `Sample ${k}`,
    "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, style: "cursor:ns-resize;touch-action:none" },
    shape("circle", { r: 20, fill: "transparent" }), shape("circle", { class: "ink-0", r: 6 })));
  const axis = [0, 50, 100].map((level) => `<path class="grid" d="M30 ${down(level)}H310"/>` +
    `<text x="24" y="${down(level) + 4}" text-anchor="end">${level}</text>`).join("");
  const drawing = shape("svg", { viewBox: "0 0 330 190", role: "group", "aria-label": "Six samples and the curve through them" });
  drawing.innerHTML = axis;
  drawing.append(...hills, curve, fresh, ...dots);

  // The samples as one control, so that they stand in the page's address.
  const element = make("span"), tell = (type) => element.dispatchEvent(new Event(type));
  const set = (text) => text.split(",").slice(0, count).forEach((level, k) => {
    if (level !== "" && Number.isFinite(Number(level))) now[k] = Math.min(100, Math.max(0, Math.round(level)));
  });
  const controls = { samples: { element, value: () => now.join(), set } };

  function draw() {
    const at = (t) => now.map((_, k) => keys(t - k)), sum = (weights) => weights.reduce((a, b) => a + b);
    const level = (t) => {   // at the border some hills are missing: the others weigh more
      const weights = at(t);
      return sum(weights.map((weight, k) => weight * now[k])) / sum(weights);
    };
    const places = Array.from({ length: 10 * count + 1 }, (_, i) => i / 10 - 0.5);
    curve.setAttribute("points", places.map((t) => `${across(t)},${down(level(t)).toFixed(1)}`).join(" "));
    hills.forEach((hill, k) => hill.setAttribute("d", "M" + Array.from({ length: 41 }, (_, i) => k - 2 + i / 10)
      .filter((t) => t >= -0.5 && t <= count - 0.5).map((t) => `${across(t)} ${down(now[k] * keys(t - k)).toFixed(1)}`).join("L")));
    dots.forEach((dot, k) => {
      dot.setAttribute("transform", `translate(${across(k)} ${down(now[k])})`);
      dot.setAttribute("aria-valuenow", now[k]);
    });
    const enlarged = [...resize({ height: 1, width: count, data: Float32Array.from(now) }, 1, 2 * count).data];
    fresh.setAttribute("d", enlarged.map((value, i) => `M${across(i / 2 - 0.25) - 3} ${down(value) - 3}h6v6h-6z`).join(""));
    const text = enlarged.map((value) => decimal(value, 1));
    status.textContent = `Twice as many samples: ${text.join("  ")}`;
  }

  dots.forEach((dot, k) => {
    const move = (level) => { now[k] = Math.min(100, Math.max(0, Math.round(level))); tell("input"); };
    dot.addEventListener("pointerdown", (event) => { dot.setPointerCapture(event.pointerId); event.preventDefault(); dot.focus(); });
    dot.addEventListener("pointermove", (event) => {
      if (!dot.hasPointerCapture(event.pointerId)) return;
      const box = drawing.getBoundingClientRect();
      move(150 - (event.clientY - box.top) * 190 / box.height);
    });
    dot.addEventListener("pointerup", () => tell("change"));
    dot.addEventListener("keydown", (event) => {
      const step = { ArrowUp: 5, ArrowRight: 5, ArrowDown: -5, ArrowLeft: -5, Home: -100, End: 100 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      move(now[k] + step);
      tell("change");
    });
  });
  root.append(status, make("figure", { className: "drcn-drawing" }, drawing, make("figcaption", {
    textContent: "Round: the samples, each with its hill, as high as the sample says. The curve is the sum of the hills. " +
      "Square: the samples of a signal twice as long.",
  })));
  live("kernel", root, controls, draw);
}
