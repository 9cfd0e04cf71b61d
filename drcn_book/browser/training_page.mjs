// The piece "training": a network that trains in the page, with the reader's settings (drcn_book/pieces.py).
import { address, bars, button, chart, make, number, picture, place, select, tick } from "./controls.mjs";

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
    alpha: number("α, share of the single outputs", { min: 0, max: 1, step: 0.05, type: "range" }, recipe.alpha),
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
  const gradients = bars("Size of the gradient of each kernel (logarithmic)");
  const gallery = make("div", { className: "drcn-gallery", role: "group", "aria-label": "The picture it does not learn from" });
  root.append(
    make("div", { className: "drcn-row" }, go, once, reset, controls.three.label),
    make("fieldset", { className: "drcn-row" }, make("legend", { textContent: "Settings" }),
      ...Object.entries(controls).filter(([key]) => key !== "three").map(([, { label }]) => label), own),
    status, make("div", { className: "drcn-body" }, quality.element, loss.element, numbers, gradients.element), gallery);

  let runs = [], going = false, frames = [], shown = null, due = false, greeting = "";

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
      worker.addEventListener("error", (event) => {
        event.preventDefault();
        say(`The training could not go on (${event.message}).`);
        idle();
      });
      worker.postMessage({
        plan, settings: { ...settings(), seed: run.seed }, sharp: file.files[0] ?? builtIn, unseen, every: calm ? 50 : 10,
      });
      return run;
    });
    shown = null;
    greeting = text;   // said when the worker answers
    idle();
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
    idle();
  }

  function hear(run, { ready, step, look, rest, problem }) {
    if (!root.isConnected) return run.worker.terminate();   // a notebook has thrown the output away
    if (problem) {
      file.value = "";
      return begin(`Your picture cannot be used: ${problem}. The built-in picture stands ready.`);
    }
    if (ready) {
      Object.assign(run, ready);
      if (run === runs[0]) say(greeting);
    }
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
    if (runs.some(({ loss }) => !Number.isFinite(loss)))
      return "The loss is no number any more: this training has diverged. Try a smaller rate.";
    const gains = runs.map(({ psnr, bicubic }) => psnr.at(-1)[1] - bicubic);
    const said = gains.map((gain) => `${Math.abs(gain).toFixed(2)} dB ${gain < 0 ? "below" : "above"} bicubic`);
    const steps = [...new Set(runs.map(({ step }) => step))];
    return `${done ? "Done" : "Paused"} after ${steps.join(", ")} step${steps.join() === "1" ? "" : "s"}: ${said.join(", ")}.`;
  }

  /** Draw some times a second, however much has been heard: the page must stay free. */
  function later() {
    if (due) return;
    due = true;
    setTimeout(() => { due = false; draw(); }, 200);
  }

  function draw() {
    const end = Number(controls.steps.value()), { bicubic, gradients: sizes } = runs[0];
    if (bicubic === undefined) return;
    quality.draw(runs.map(({ psnr }) => psnr), { level: bicubic, floor: bicubic - 4, end });
    loss.draw(runs.map(({ losses }) => losses), { end });
    table.replaceChildren(...runs.map(({ seed, step, loss, psnr }, k) => {
      const dB = psnr.at(-1)?.[1];
      const told = dB ? [dB, dB - bicubic].map((value) => `${value.toFixed(2)} dB`) : ["–", "–"];
      const cells = [step, loss?.toPrecision(3) ?? "–", ...told];
      return make("tr", { className: `line-${k}` }, make("th", { scope: "row", textContent: seed }),
        ...cells.map((textContent) => make("td", { textContent })));
    }));
    const kernels = Object.entries(sizes ?? {}).filter(([name]) => !name.endsWith("bias"));
    gradients.draw(kernels.map(([name, size]) => [name.replace("/kernel", "").replace("/w", " w_d"),
      Math.min(1, Math.max(0, (Math.log10(size) + 6) / 7)), size.toExponential(1)]));   // from a millionth to ten
    show(runs[0]);
  }

  /** The unseen picture as the network makes it now; only what is new is painted. */
  function show({ outputs, input, truth, sharp, bicubic }) {
    if (!outputs || outputs === shown) return;
    const names = [...outputs.slice(1).map((_, d) => "y" + String.fromCharCode(0x2081 + d)), "ensemble"];
    if (!shown) {
      const still = (text, { height, width, bytes }) => {
        const made = picture(text, height, width);
        made.paint(bytes);
        return made.element;
      };
      frames = names.map((name) => picture(name, unseen.height, unseen.width));
      gallery.replaceChildren(still(`bicubic ${bicubic.toFixed(2)} dB`, input), ...frames.map(({ element }) => element),
        still("truth", truth), still("it learns from this", sharp));
    }
    shown = outputs;
    outputs.forEach(({ psnr, bytes }, k) => {
      frames[k].paint(bytes);
      frames[k].say(`${names[k]} ${psnr.toFixed(2)} dB`);
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
  file.addEventListener("change", () => begin(file.files[0]
    ? "Your picture stands ready; it stays on this computer. Press Train." : "The built-in picture stands ready."));
  begin("A network with random weights stands ready: press Train.");
}
