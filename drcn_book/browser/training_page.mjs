// The piece "training": a network that trains in the page, with the reader's settings (drcn_book/pieces.py).
import { address, button, chart, greys, make, number, place, select, tick } from "./controls.mjs";

export function show({ plans, pictures, recipe, worker: source }) {
  const root = place("training");
  if (!root) return;
  const unpack = ({ height, width, data }) => ({ height, width, data: Float32Array.from(atob(data), (c) => c.charCodeAt(0)) });
  const builtIn = unpack(pictures.sharp), unseen = unpack(pictures.unseen);
  const code = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  // What the reader sets. Rate and alpha may change while it trains; all else begins anew.
  const rates = Object.fromEntries([0.001, 0.002, 0.004, 0.008, 0.016, 0.032].map((rate) => [rate, rate]));
  const controls = {
    rate: select("Learning rate", rates, recipe.rate),
    alpha: number("α (weight of the single outputs)", { min: 0, max: 1, step: 0.05 }, recipe.alpha, "range"),
    recursions: select("Recursions D", { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5 }, recipe.recursions),
    skip: tick("Skip connection", recipe.skip === "add"),
    start: select("Start", { identity: "identity", he: "He (random)" }, recipe.start),
    seed: number("Seed", { min: 0, max: 9999 }, recipe.seed),
    steps: select("Steps", { 150: 150, 250: 250, 500: 500, 1000: 1000 }, recipe.steps),
    three: tick("Three seeds side by side", false),
  };
  const file = make("input", { type: "file", accept: "image/*" });
  const own = make("label", { className: "drcn-control" }, make("span", { textContent: "Learn from your own picture" }), file);
  const go = button("", () => { if (going) pause(); else train(Infinity); });
  const once = button("One step", () => train(1));
  const reset = button("Reset", () => begin(`Reset: step 0 of ${controls.steps.value()}.`));
  const status = make("p", { className: "drcn-status", role: "status" });

  // What the reader sees.
  const quality = chart("PSNR of a picture it does not learn from, dB");
  const loss = chart("Loss", { logarithmic: true, text: (value) => value.toPrecision(2) });
  const table = make("tbody");
  const numbers = make("table", { className: "drcn-numbers" },
    make("caption", { textContent: "The training now" }),
    make("thead", {}, make("tr", {}, ...["Seed", "Step", "Loss", "PSNR", "Above bicubic"].map((textContent) =>
      make("th", { scope: "col", textContent })))), table);
  const bars = make("tbody");
  const gradients = make("table", { className: "drcn-gradients" },
    make("caption", { textContent: "Size of the gradient of each kernel (logarithmic)" }), bars);
  const gallery = make("div", { className: "drcn-gallery" });
  root.append(
    make("div", { className: "drcn-row" }, go, once, reset, controls.three.label),
    make("fieldset", { className: "drcn-row" }, make("legend", { textContent: "Settings" }),
      ...Object.entries(controls).filter(([key]) => key !== "three").map(([, { label }]) => label), own),
    status, make("div", { className: "drcn-body" }, quality.element, loss.element, numbers, gradients), gallery);

  let runs = [], going = false, frames = {}, due = false;

  const settings = () => ({
    ...recipe, rate: Number(controls.rate.value()), alpha: controls.alpha.value(), steps: Number(controls.steps.value()),
  });
  const say = (text) => { status.textContent = text; };
  const idle = () => {
    going = false;
    go.textContent = runs[0]?.step >= Number(controls.steps.value()) ? "Train again" : "▶ Train";
  };

  /** Throw the workers away and begin anew: one network, or three with seeds one apart. */
  function begin(text) {
    for (const { worker } of runs) worker.terminate();
    const seed = Math.round(controls.seed.value()), count = controls.three.value() === "1" ? 3 : 1;
    const skip = controls.skip.value() === "1" ? "add" : "none";
    const plan = plans[`${controls.recursions.value()} ${skip} ${controls.start.value()}`];
    runs = Array.from({ length: count }, (_, k) => {
      const worker = new Worker(code);
      const run = { worker, seed: seed + k, step: 0, losses: [], psnr: [], resting: true };
      worker.addEventListener("message", ({ data }) => { if (runs.includes(run)) hear(run, data); });
      worker.addEventListener("error", (event) => { event.preventDefault(); say(`The training could not go on (${event.message}).`); idle(); });
      worker.postMessage({
        plan, settings: { ...settings(), seed: run.seed }, sharp: file.files[0] ?? builtIn, unseen, every: calm ? 50 : 10,
      });
      return run;
    });
    frames = {};
    bars.replaceChildren();
    idle();
    say(text);
    later();
  }

  function train(take) {
    if (runs[0].step >= Number(controls.steps.value())) begin("It begins anew.");
    for (const run of runs) { run.resting = false; run.worker.postMessage({ take }); }
    going = take > 1;
    if (going) go.textContent = "❚❚ Pause";
    if (going) say(`It trains: ${controls.steps.value()} steps, on ${file.files[0] ? "your picture" : "the built-in picture"}.`);
  }

  function pause() {
    for (const { worker } of runs) worker.postMessage({ take: 0 });
  }

  function hear(run, { ready, step, look, rest, problem }) {
    if (problem) { say(`Your picture cannot be used: ${problem}.`); file.value = ""; return idle(); }
    if (ready) Object.assign(run, ready);
    if (step) {
      run.step = step.step;
      run.loss = step.loss;
      run.losses.push([step.step, step.loss]);
      run.gradients = step.gradients;
    }
    if (look) {
      run.psnr.push([look.step, look.outputs.at(-1).psnr]);
      run.outputs = look.outputs;
    }
    if (rest) {
      run.resting = true;
      if (runs.every(({ resting }) => resting)) { idle(); say(verdict(rest)); }
    }
    later();
  }

  /** One sentence about where the trainings stand. */
  function verdict({ done }) {
    const ends = runs.map(({ psnr, bicubic }) => psnr.at(-1)[1] - bicubic);
    if (runs.some(({ loss }) => !Number.isFinite(loss))) return "The loss is no number any more: this training has diverged. Try a smaller rate.";
    const said = ends.map((gain) => `${Math.abs(gain).toFixed(2)} dB ${gain < 0 ? "below" : "above"} bicubic`).join(", ");
    return `${done ? "Done" : "Paused"} after ${runs[0].step} steps: ${said}.`;
  }

  /** Draw once a frame, however much has been heard. */
  function later() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; draw(); });
  }

  function draw() {
    const end = Number(controls.steps.value()), { bicubic } = runs[0];
    quality.draw(runs.map(({ psnr }) => psnr), { level: bicubic, floor: bicubic - 4, end });
    loss.draw(runs.map(({ losses }) => losses), { end });
    table.replaceChildren(...runs.map((run, k) => {
      const psnr = run.psnr.at(-1)?.[1];
      const cells = [run.step, run.loss?.toPrecision(3) ?? "–", psnr ? `${psnr.toFixed(2)} dB` : "–",
        psnr ? `${(psnr - run.bicubic).toFixed(2)} dB` : "–"];
      return make("tr", { className: `line-${k}` }, make("th", { scope: "row", textContent: run.seed }),
        ...cells.map((textContent) => make("td", { textContent })));
    }));
    const { gradients: sizes, outputs, input, sharp } = runs[0];
    if (sizes) bars.replaceChildren(...Object.entries(sizes).filter(([name]) => !name.endsWith("bias")).map(([name, size]) => {
      const share = Math.min(1, Math.max(0, (Math.log10(size) + 6) / 7));   // from a millionth to ten
      const bar = make("div", { className: "drcn-bar" });
      bar.style.width = `${100 * share}%`;
      return make("tr", {}, make("th", { scope: "row", textContent: name.replace("/kernel", "").replace("/w", " w_d") }),
        make("td", {}, bar), make("td", { textContent: size.toExponential(1) }));
    }));
    if (!outputs || !input) return;
    const names = ["bicubic", ...outputs.slice(1).map((_, d) => `y_${d + 1}`), "ensemble", "truth"];
    if (!frames.truth) {
      frames = Object.fromEntries(names.map((name) => [name, greys(name, unseen.height, unseen.width)]));
      frames.sharp = greys("it learns from", sharp.height, sharp.width);
      frames.sharp.paint(sharp.data);
      frames.truth.paint(unseen.data);
      frames.bicubic.paint(input);
      frames.bicubic.say(`bicubic ${bicubic.toFixed(2)} dB`);
      gallery.replaceChildren(...Object.values(frames).map(({ element }) => element));
    }
    outputs.forEach(({ psnr, bytes }, k) => {
      frames[names[k + 1]].paint(bytes);
      frames[names[k + 1]].say(`${names[k + 1]} ${psnr.toFixed(2)} dB`);
    });
  }

  const link = address("training", root, controls, () => begin("The settings of the link stand ready."));
  for (const [key, { element }] of Object.entries(controls)) {
    element.addEventListener("change", () => {
      link();
      if (key === "rate" || key === "alpha") {
        const { rate, alpha } = settings();
        for (const { worker } of runs) worker.postMessage({ change: { rate, alpha } });
      } else begin("Begun anew with these settings: press Train.");
    });
  }
  file.addEventListener("change", () => begin(file.files[0] ? "Your picture stands ready; it stays on this computer. Press Train." : "The built-in picture stands ready."));
  begin("A network with random weights stands ready: press Train.");
}
