// The network in the page (drcn_book/in_page.py): it enlarges a picture that the reader brings, and nothing is sent.
import { REACH } from "./brightness.mjs";
import { button, make, place, select } from "./controls.mjs";
import { psnr } from "./pictures.mjs";
import { probe } from "./probe.mjs";
import { windows } from "./tiles.mjs";
import { wipe } from "./wipe.mjs";
import { zoomed } from "./zoom.mjs";

const KEEP = 1024 * 1024;      // enlarged pixels: of so many, every recursion's picture is kept, to be looked at
const pause = () => new Promise((resolve) => setTimeout(resolve));   // between two parts of what takes the page long
const PREVIEW = 1500000;       // of a larger picture, a view of about so many pixels is shown
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

export function show({ models, example, worker: code }) {
  const root = place("network");
  if (!root) return;
  const standing = models[0].plan !== undefined;    // a page that stands alone brings its own engine

  const status = make("p", { className: "drcn-status", role: "status" });
  const file = make("input", { type: "file", accept: "image/*" });
  const drop = make("label", { className: "drcn-drop" }, "Choose a picture, or drop one here: ", file);
  const builtIn = button("Use the built-in picture", () => take(new Blob([decoded(example)], { type: "image/png" }), "The built-in picture"));
  const network = select("Network", Object.fromEntries(models.map(({ name, words }, k) => [k, `${name} (${words})`])), 0);
  const depth = select("Recursions", {}, 0);
  const kind = select("The picture is", { small: "small: enlarge it", sharp: "sharp: degrade it first" }, "small");
  const size = select("Take", { whole: "the whole picture", fit: "it made smaller first" }, "whole");
  const start = button("", () => running ? stop() : run());
  start.classList.add("drcn-start");
  const progress = make("progress", { max: 1, value: 0, hidden: true, "aria-label": "Progress" });
  const range = make("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": "Recursion shown" });
  const name = make("span", { className: "drcn-name" });
  const view = select("Show", { output: "output" }, "output");
  const other = select("Left of the line", { bicubic: "bicubic" }, "bicubic");
  const under = make("canvas", { role: "img" }), over = make("canvas", { role: "img" });
  const parted = wipe(over, under, { name: "Wipe, %" });
  const zoom = zoomed(parted.frame, "Picture; scroll it with the arrow keys, zoom with + and -", () => shown.width);
  const looking = probe(() => result?.keep && !running
    ? { ...result, shown: Number(range.value), reaches: [0, ...model().reaches], fold: model().fold, first: model().first } : null);
  parted.frame.append(looking.layer);
  const look = make("div", { className: "drcn-row", hidden: true }, make("span", { className: "drcn-range" }, range, name), view.label,
    other.label, parted.label, zoom.label, looking.label);
  const rows = make("tbody");
  const table = make("table", { className: "drcn-times", hidden: true },
    make("caption", { textContent: "What each recursion took, and did" }),
    make("thead", {}, make("tr", {}, ...["picture", "time", "mean change", "PSNR"].map((textContent) => make("th", { scope: "col", textContent })))), rows);
  const download = button("Download (PNG)", save);
  const compare = button("Compare", compared);
  download.hidden = compare.hidden = zoom.frame.hidden = true;
  root.append(
    make("p", {}, "Your picture stays with you: it is read, enlarged and kept by this page in your browser, and sent nowhere."),
    status, make("div", { className: "drcn-row" }, drop, builtIn),
    make("div", { className: "drcn-row" }, network.label, depth.label, kind.label, size.label),
    make("div", { className: "drcn-row" }, start, progress), look, zoom.frame, looking.told, table,
    make("div", { className: "drcn-row" }, download, compare));

  let picture = null;      // { name, width, height, file, kind, why, made }: kind and why by choice.mjs, results by network
  let result = null;       // { width, height, frames, images, labels, truth } or, of a large picture, { blob }
  let shown = { width: 1 };
  let running = null, runs = 0, workers = [], writer = null, ready = null;

  const say = (text) => { status.textContent = text; };
  const model = () => models[network.value()];
  const rival = () => models.find(({ scale, real }) => scale === model().scale && real !== model().real);
  const decoded = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const time = (seconds) => seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} minutes`;
  const source = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));

  /** A worker, whose answers are waited for by their names; `problem` is an error. */
  function hire() {
    const worker = new Worker(source), waiting = new Map();
    const hear = ({ data }) => {
      const [[kind, value]] = Object.entries(data);
      if (kind === "tile" && value.run !== running?.id) return;    // of a run that was stopped
      if (kind === "problem") { for (const { reject } of waiting.values()) reject(new Error(value.text)); waiting.clear(); }
      else { waiting.get(kind)?.resolve(value); waiting.delete(kind); }
    };
    worker.addEventListener("message", hear);
    worker.addEventListener("error", (event) => { event.preventDefault(); hear({ data: { problem: { text: event.message } } }); });
    return {
      tell: (message, transfer = []) => worker.postMessage(message, transfer),
      ask: (message, answer) => new Promise((resolve, reject) => {
        waiting.set(answer, { resolve, reject });
        worker.postMessage(message);
      }),
      end: () => worker.terminate(),
    };
  }
  const dismiss = () => {
    for (const worker of [...workers, ...(writer ? [writer] : [])]) worker.end();
    [workers, writer, ready] = [[], null, null];
  };
  const staff = () => {
    const count = Math.min(2, navigator.hardwareConcurrency || 1);
    while (workers.length < count) workers.push(hire());
    writer ??= hire();
  };

  /** The workers' engines for the network that is chosen; each then tries it, since only so its time can be told. */
  function madeReady() {
    if (ready?.model === model()) return ready.done;
    const wanted = model(), before = ready?.done.catch(() => {});
    const home = standing ? null : new URL(document.documentElement.dataset.content_root + "vendor/onnxruntime/", location.href).href;
    const all = (message, answer) => Promise.all(workers.map((worker) => worker.ask(message, answer)));
    const mine = ready = { model: wanted, done: (async () => {
      await before;
      await all({ engine: { model: wanted, home } }, "ready");
      if (wanted.pace) return;
      const paces = await all({ pace: {} }, "pace"), most = (values) => Math.max(...values);
      wanted.pace = {
        times: paces[0].times.map((_, k) => most(paces.map(({ times }) => times[k]))), painting: most(paces.map(({ painting }) => painting)),
      };
    })() };
    mine.done.catch(() => { if (ready === mine) ready = null; });    // it is tried again with the next run
    return mine.done;
  }

  /** The time is told as soon as it is known. */
  function measure() {
    tell();
    if (!picture || obstacle() || model().pace) return;
    madeReady().then(() => { if (picture && !running && !result) tell(); }, () => {});
  }

  function obstacle() {
    if (typeof CompressionStream === "undefined" || typeof OffscreenCanvas === "undefined")
      return "This browser is too old for the network in the page. A current Firefox, Chrome, Edge or Safari can run it.";
    if (standing) return null;
    if (location.protocol === "file:")
      return "A page opened from a file may not load the network's engine. Serve the book (make serve) and open it at http://localhost:8000.";
    if (document.documentElement.dataset.content_root === undefined)
      return "The network runs on the published page of this chapter: build it with make pages, serve it with make serve.";
    if (typeof WebAssembly !== "object" || !WebAssembly.validate(new Uint8Array(SIMD)))
      return "This browser has no WebAssembly SIMD, which the network's engine needs. A current Firefox, Chrome, Edge or Safari has it.";
    return null;
  }

  // ---- the picture, and what will be done with it

  async function take(blob, title) {
    if (running) return;
    clear();
    try {
      staff();
      const [taken] = await Promise.all(workers.map((worker) => worker.ask({ take: { file: blob } }, "size")));
      picture = { name: title, file: blob, ...taken, made: {} };
      if (models.some(({ real }) => real)) {
        const { name: fit, why } = await workers[0].ask({ choose: {} }, "choice");
        Object.assign(picture, { kind: fit, why });
        if (rival() && model().real !== (fit === "real")) {
          network.set(models.indexOf(rival()));
          offer();
        }
      }
    } catch {
      picture = null;
      dismiss();
      return say(`${title} cannot be read as a picture. Choose a PNG, JPEG or WebP file.`);
    }
    size.element.value = "whole";
    kind.element.value = "small";
    measure();
  }

  /** What the picture becomes with these settings: the size the network is given, and the size of the result. */
  function plan() {
    const { scale } = model(), sharp = kind.value() === "sharp", times = sharp ? 1 : scale;
    const full = picture.width * picture.height * times ** 2;
    const fits = full <= KEEP;
    const factor = fits || (size.value() === "whole" && !sharp) ? 1 : Math.sqrt(KEEP / full);
    const [width, height] = [picture.width, picture.height].map((side) => Math.max(sharp ? 3 * scale : 1, Math.floor(side * factor)));
    const cut = sharp ? scale : 1;    // the protocol cuts sides to a multiple of the scale
    return { width, height, factor, fits, sharp, W: (width - width % cut) * times, H: (height - height % cut) * times };
  }

  /** The windows that a small picture is cut into, all of one size. */
  function cutUp(width, height) {
    const { reach, scale } = model(), margin = Math.ceil(reach / scale) + REACH, core = Math.max(8, Math.floor((standing ? 192 : 512) / scale));
    const across = windows(width, core, margin);
    return windows(height, core, margin).flatMap((v) => across.map((u) => ({
      read: { left: u.start, top: v.start, width: u.stop - u.start, height: v.stop - v.start },
      core: { left: u.first, top: v.first, width: u.last - u.first, height: v.last - v.first },
    })));
  }

  /** Seconds that the windows of a result will take the workers, from what they took for a small one. */
  function lasts({ W, H }) {
    const { scale, weights, pace } = model(), last = Number(depth.value()), whole = last === weights.length;
    const jobs = cutUp(W / scale, H / scale), { width, height } = jobs[0].read;
    const network = pace.times.slice(0, whole ? undefined : last + 1).reduce((sum, time) => sum + time);
    const painting = pace.painting * (W * H <= KEEP ? last + 1 + whole : 2);
    return Math.ceil(jobs.length / Math.max(1, workers.length)) * width * height * scale ** 2 * (network + painting) / 1000;
  }

  function tell() {
    start.textContent = kind.value() === "sharp" ? "Degrade and enlarge" : `Enlarge ×${model().scale}`;
    if (!picture) return;
    const wanted = plan();
    size.label.hidden = wanted.fits || wanted.sharp;
    const made = `${wanted.W}×${wanted.H}`, cost = model().pace ? ` in about ${time(lasts(wanted))}` : "";
    const fits = rival() ? ` ${(model().real === (picture.kind === "real") ? model() : rival()).name} fits it, because ${picture.why}.` : "";
    const first = wanted.factor < 1 ? `, made smaller to ${wanted.width}×${wanted.height} first,` : "";
    say(`${picture.name}: ${picture.width}×${picture.height} pixels.${fits} Ready${first} to become ${made}${cost}: press ${start.textContent}.` +
      (wanted.fits || wanted.factor < 1 ? "" : " Only the result is kept, not every recursion; to look at those, make it smaller first."));
  }

  // ---- the run

  function busy(on) {
    for (const { element } of [network, depth, kind, size]) element.disabled = on;
    file.disabled = builtIn.disabled = on;
    progress.hidden = !on;
    if (on) { progress.removeAttribute("value"); start.textContent = "Stop"; }
  }

  function stop() {
    for (const worker of workers) worker.tell({ stop: running.id });
    say(`Stopped after ${running.done} of ${running.tiles} tiles.`);
    running.halt();
  }

  async function run() {
    const reason = obstacle();
    if (reason) return say(reason);
    if (!picture) return say("There is no picture yet: choose one, drop one, or use the built-in one.");
    clear();
    const halted = new Promise((resolve) => { running = { id: ++runs, done: 0, tiles: "?", halt: () => resolve("halted") }; });
    const mine = running;
    busy(true);
    try {
      if (await Promise.race([work(mine), halted]) === "halted") {
        if (!mine.tiled) dismiss();            // still at work on something that cannot be stopped between two tiles
        result = root.result = null;
        clear();
      } else await finish();
    } catch (error) {
      dismiss();
      clear();
      say(`The network could not run here (${error?.message || "its engine did not load"}). Reload the page, or try another browser.`);
    } finally {
      running = null;
      busy(false);
      const said = status.textContent;
      tell();
      say(said);
      if (!workers.length && picture) picture.again = true;
    }
  }

  async function work(mine) {
    const wanted = plan(), { scale, weights } = model(), last = Number(depth.value());
    staff();
    say(standing || model().pace ? "The network is made ready…" : "The network's engine is loaded from this site (14 MB, once)…");
    if (picture.again) await Promise.all(workers.map((worker) => worker.ask({ take: { file: picture.file } }, "size")));
    picture.again = false;
    await madeReady();
    let small = { width: picture.width, height: picture.height }, truth = null;
    if (wanted.factor < 1 || wanted.sharp) {
      say("The picture is made ready…");
      small = await workers[0].ask({ prepare: { width: wanted.width, height: wanted.height, scale: wanted.sharp ? scale : 0 } }, "prepared");
      truth = small.truth ?? null;
      await Promise.all(workers.map((worker) => worker.ask({ take: { pixels: { width: small.width, height: small.height, data: small.data } } }, "size")));
      picture.again = true;    // the workers hold another one now
    }
    const width = small.width * scale, height = small.height * scale, keep = width * height <= KEEP;
    const labels = ["bicubic", ...Array.from({ length: last }, (_, d) => `recursion ${d + 1}`), ...(last === weights.length ? ["ensemble"] : [])];
    const count = keep ? labels.length : 2;
    result = {
      width, height, labels, truth, keep, times: labels.map(() => 0), changes: labels.map(() => 0), name: picture.name,
      frames: keep ? labels.map(() => new Float32Array(width * height)) : [],
      images: keep ? labels.map(() => new Uint8ClampedArray(4 * width * height)) : [],
    };
    const share = keep ? 1 : Math.min(1, Math.sqrt(PREVIEW / (width * height)));
    shown = { width: Math.round(width * share), height: Math.round(height * share), share };
    for (const canvas of [under, over]) Object.assign(canvas, { width: shown.width, height: shown.height });
    zoom.frame.hidden = false;
    zoom.fit();

    const jobs = cutUp(small.width, small.height).map((job) => ({ ...job, run: mine.id, last, keep }));
    // Transparency is known only when the last tile has come, so a large file always has a channel for it.
    if (!keep) writer.tell({ begin: { width, height, alpha: true } });
    Object.assign(mine, { tiles: jobs.length, tiled: true });
    const began = performance.now(), pixels = width * height;
    let area = 0;
    await Promise.all(workers.map(async (worker) => {
      for (let job; mine === running && (job = jobs.shift());) {
        const tile = await worker.ask({ job }, "tile");
        if (mine !== running) return;
        area += tile.width * tile.height;
        await arrived(tile, count, result);
        if (mine !== running) return;
        mine.done++;
        progress.value = area / pixels;
        const left = (performance.now() - began) / 1000 * (pixels / area - 1);
        say(`${mine.done} of ${mine.tiles} tiles${left > 1 ? `, about ${time(left)} left` : ""}…`);
      }
    }));
    if (!keep) result.blob = await writer.ask({ end: true }, "file");
  }

  async function arrived({ left, top, width, height, pictures, lumas, times, changes }, count, result) {
    changes.forEach((change, k) => { result.changes[k] += change; });
    times.forEach((spent, k) => { result.times[k] += spent; });
    for (let k = 0; k < count && result.keep; k++) {
      for (let row = 0; row < height; row++) {
        const at = (top + row) * result.width + left;
        result.frames[k].set(lumas[k].subarray(row * width, (row + 1) * width), at);
        result.images[k].set(pictures[k].subarray(4 * row * width, 4 * (row + 1) * width), 4 * at);
      }
      await pause();
    }
    const { share } = shown;
    for (const [canvas, bytes] of [[under, pictures.at(-1)], [over, pictures[0]]]) {
      const bitmap = await createImageBitmap(new ImageData(bytes, width, height));
      canvas.getContext("2d").drawImage(bitmap, left * share, top * share, width * share, height * share);
      bitmap.close();
    }
    if (!result.keep) writer.tell({ tile: { left, top, width, height, bytes: pictures.at(-1) } }, [pictures.at(-1).buffer]);
  }

  // ---- the result

  async function finish() {
    const { width, height, labels, frames, images, truth, keep, times } = result;
    if (keep) {
      const qualities = [], pixels = width * height;
      rows.replaceChildren();
      for (const [k, label] of labels.entries()) {
        if (truth) qualities.push(psnr({ width, height, data: truth }, { data: frames[k] }, model().scale));
        rows.append(make("tr", {}, make("th", { scope: "row", textContent: label }), ...[
          `${times[k].toFixed(0)} ms`, k ? `${(result.changes[k] / pixels).toFixed(2)} levels` : "–", truth ? `${qualities[k].toFixed(2)} dB` : "–",
        ].map((textContent) => make("td", { textContent }))));
        await pause();
      }
      result.psnr = qualities;
      range.max = labels.length - 1;
      range.value = range.max;
      const options = (control, values) => control.element.replaceChildren(...values.map((value) => make("option", { value, textContent: value })));
      options(view, truth ? ["output", "error"] : ["output"]);
      const { made } = picture, rivals = Object.keys(made).filter((key) => key !== model().name && made[key].width === width && made[key].height === height);
      made[model().name] = { width, height, image: images.at(-1) };
      options(other, ["bicubic", ...(truth ? ["truth"] : []), ...rivals]);
      paint();
      compare.hidden = !rival() || rivals.includes(rival().name);
      compare.textContent = `Compare with ${rival()?.name}`;
    }
    root.result = result;
    look.hidden = download.hidden = false;
    for (const part of [table, range.parentElement, view.label, other.label, looking.label]) part.hidden = !keep;
    say(`Done: ${width}×${height} pixels. ` + (keep ? "Pull the line across the picture, or move the slider through the recursions." : "Pull the line across the picture; the file holds all of it."));
  }

  function paint() {
    const k = Number(range.value), { width, height, images, frames, labels, truth } = result;
    const grey = (value) => {
      const bytes = new Uint8ClampedArray(4 * width * height).fill(255);
      for (let i = 0; i < width * height; i++) value(i, bytes, 4 * i);
      return bytes;
    };
    const error = (i, bytes, at) => {    // blue where too dark, red where too bright, full at 32 levels
      const e = (frames[k][i] - truth[i]) / 32 * 255;
      bytes[at] = 255 + Math.min(0, e); bytes[at + 1] = 255 - Math.abs(e); bytes[at + 2] = 255 - Math.max(0, e);
    };
    const luminance = (i, bytes, at) => { bytes[at] = bytes[at + 1] = bytes[at + 2] = (truth[i] - 16) * 255 / 219; };
    const put = (canvas, bytes, text) => {
      canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
      canvas.setAttribute("aria-label", text);
    };
    put(under, view.value() === "error" ? grey(error) : images[k], `${result.name}: ${labels[k]}, ${view.value()}`);
    const left = picture.made[other.value()]?.image ?? (other.value() === "truth" ? grey(luminance) : images[0]);
    put(over, left, `${result.name}: ${other.value()}`);
    name.textContent = labels[k];
    range.setAttribute("aria-valuetext", labels[k]);
    looking.draw();
  }

  /** The picture by the network for the other kind of pictures too, and both under the wipe. */
  async function compared() {
    const before = model().name;
    network.set(models.indexOf(rival()));
    offer();
    await run();
    if (!result) return;
    other.element.value = before;
    paint();
  }

  async function save() {
    download.disabled = true;
    const k = Number(range.value), { width, height, images, blob } = result;
    let made = blob;
    if (!made) {
      let alpha = false;
      for (let i = 3; !alpha && i < images[k].length; i += 4) alpha = images[k][i] < 255;
      writer.tell({ begin: { width, height, alpha } });
      writer.tell({ tile: { left: 0, top: 0, width, height, bytes: images[k] } });
      made = await writer.ask({ end: true }, "file");
    }
    const { scale } = model(), stem = result.name.replace(/\.\w+$/, "");
    const suffix = k < result.labels.length - 1 && images.length ? `-${result.labels[k].replace(" ", "-")}` : "";
    const href = URL.createObjectURL(made);
    make("a", { href, download: `${stem}-${model().name}${model().name.endsWith(`x${scale}`) ? "" : `-x${scale}`}${suffix}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
    download.disabled = false;
  }

  function clear() {
    result = root.result = null;
    rows.replaceChildren();
    look.hidden = table.hidden = download.hidden = compare.hidden = zoom.frame.hidden = true;
  }

  /** The recursions that the chosen network has. */
  function offer() {
    const count = model().weights.length;
    depth.element.replaceChildren(...Array.from({ length: count }, (_, d) =>
      make("option", { value: d + 1, textContent: d + 1 === count ? `${d + 1} and the ensemble` : `${d + 1}` })));
    depth.element.value = count;
  }

  network.element.addEventListener("change", () => { clear(); offer(); measure(); });
  for (const { element } of [depth, kind, size]) element.addEventListener("change", () => { clear(); if (picture) picture.made = {}; tell(); });
  file.addEventListener("change", () => file.files[0] ? take(file.files[0], file.files[0].name) : say("No picture was chosen."));
  for (const event of ["dragover", "drop"]) drop.addEventListener(event, (e) => e.preventDefault());
  drop.addEventListener("drop", (event) => {
    if (running) return;
    const dropped = event.dataTransfer.files[0];
    return dropped ? take(dropped, dropped.name) : say("No picture was dropped: drop a picture file.");
  });
  for (const element of [range, view.element, other.element]) element.addEventListener("input", paint);
  size.label.hidden = true;
  offer();
  tell();
  say(obstacle() || `${models.length === 1 ? "The network stands" : "The networks stand"} ready.` +
    (standing ? "" : " Their engine, 14 MB, is loaded from this site when you bring a picture."));
}
