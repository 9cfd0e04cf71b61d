function drcnNetwork(model) {
  const script = document.currentScript;
  const root = script ? script.parentElement : document.querySelector(".drcn-network:not([data-ready])");
  if (!root || root.dataset.ready) return;
  root.dataset.ready = "1";
  root.dataset.lmSuppressShortcuts = "true";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "The network in this page");

  const { scale, filters, recursions, reach } = model;
  const MOST = 1500000;    // enlarged pixels: the hidden state of all of them has to fit into memory
  // Enlarged pixels a side: a multiple of the scale, so of the fold, whose cells a tile must not cut. A margin of
  // `reach` around it, a multiple of the fold too, makes the seams exact.
  const TILE = 256 - 256 % scale;
  const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const status = root.querySelector(".drcn-status");
  const file = make("input", { type: "file", accept: "image/*" });
  const drop = make("label", { className: "drcn-drop" }, "Choose a picture, or drop one here: ", file);
  const example = make("button", { type: "button", textContent: "Use the built-in picture" });
  const depth = make("select", {}, ...Array.from({ length: recursions }, (_, d) =>
    make("option", { value: d + 1, textContent: d + 1 === recursions ? `${d + 1} and the ensemble` : `${d + 1}` })));
  depth.value = recursions;
  const start = make("button", { type: "button", className: "drcn-start", textContent: `Enlarge ×${scale}` });
  const progress = make("progress", { max: 1, value: 0, hidden: true });
  progress.setAttribute("aria-label", "Progress");
  const range = make("input", { type: "range", min: 0, max: 0, value: 0, step: 1 });
  range.setAttribute("aria-label", "Recursion shown");
  const name = make("span", { className: "drcn-name" });
  const zoom = make("select", {}, ...[1, 2, 3, 4].map((times) => make("option", { value: times, textContent: `${times}×` })));
  const look = make("div", { className: "drcn-controls", hidden: true }, range, name, make("label", {}, "Zoom ", zoom));
  const canvas = make("canvas", { hidden: true });
  canvas.setAttribute("role", "img");
  const frame = make("div", { className: "drcn-frame", tabIndex: 0 }, canvas);
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "Picture; scroll it with the arrow keys when it is zoomed");
  const rows = make("tbody");
  const table = make("table", { className: "drcn-times", hidden: true },
    make("caption", { textContent: "What each recursion took and did" }),
    make("thead", {}, make("tr", {}, ...["picture", "time", "mean change"].map((text) =>
      make("th", { scope: "col", textContent: text })))), rows);
  const download = make("a", { className: "drcn-download", hidden: true, textContent: "Download this picture (PNG)" });
  root.prepend(make("p", { className: "drcn-promise" },
    "Your picture stays with you: it is read, enlarged and kept by this page in your browser, and sent nowhere."));
  root.append(make("div", { className: "drcn-controls" }, drop, example),
    make("div", { className: "drcn-controls" }, make("label", {}, "Recursions ", depth), start, progress),
    look, frame, table, download);

  const say = (text) => { status.textContent = text; };
  const breathe = () => new Promise((resolve) => setTimeout(resolve, 5));    // lets the page paint
  let picture = null;      // { name, width, height, rgb } of the small picture
  let result = null;       // { width, height, frames, labels, chroma }; frames are luma, 0..255
  let running = false;
  let paintings = 0;

  // ---- The picture, and the package's colour arithmetic: BT.601 in studio range, and Keys' bicubic (a = -0.5).

  async function take(blob, title) {
    if (running) return say("A picture is still being enlarged: press Stop first.");
    let bitmap;
    try {
      bitmap = await createImageBitmap(blob);
    } catch {
      return say(`${title} cannot be read as a picture. Choose a PNG, JPEG or WebP file.`);
    }
    const full = [bitmap.width, bitmap.height];
    const shrink = Math.min(1, Math.sqrt(MOST / scale ** 2 / (full[0] * full[1])));
    const [width, height] = full.map((side) => Math.max(1, Math.floor(side * shrink)));
    const sheet = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
    sheet.fillStyle = "#fff";
    sheet.fillRect(0, 0, width, height);
    sheet.drawImage(bitmap, -Math.floor((full[0] - width) / 2), -Math.floor((full[1] - height) / 2));
    bitmap.close();
    zoom.value = Math.max(1, Math.min(4, Math.floor((frame.clientWidth || 512) / (width * scale))));
    picture = { name: title, width, height, rgb: sheet.getImageData(0, 0, width, height).data };
    clear();
    const megapixels = full[0] * full[1] / 1e6;
    say(shrink < 1
      ? `${title} has ${full[0]}×${full[1]} pixels (${megapixels.toFixed(1)} megapixels), too many for a page: its middle, ` +
        `${width}×${height}, is taken. The command drcn upscale does the whole picture.`
      : `${title}: ${width}×${height} pixels. Ready: press Enlarge.`);
  }

  function planes({ width, height, rgb }) {
    const out = [0, 1, 2].map(() => new Float32Array(width * height));
    for (let i = 0; i < width * height; i++) {
      const [r, g, b] = [rgb[4 * i], rgb[4 * i + 1], rgb[4 * i + 2]];
      out[0][i] = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255;
      out[1][i] = 128 + (-37.797 * r - 74.203 * g + 112 * b) / 255;
      out[2][i] = 128 + (112 * r - 93.786 * g - 18.214 * b) / 255;
    }
    return out;
  }

  const keys = (t) => (t = Math.abs(t), t < 1 ? (1.5 * t - 2.5) * t * t + 1 : t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0);

  function taps(from, to) {    // for each of `to` positions: the first of `from` pixels, and weights that add up to 1
    const step = from / to, wide = Math.max(1, step);    // shrinking widens the kernel, as Pillow does
    return Array.from({ length: to }, (_, i) => {
      const centre = (i + 0.5) * step;
      const first = Math.max(0, Math.floor(centre - 2 * wide + 0.5));
      const end = Math.min(from, Math.floor(centre + 2 * wide + 0.5));
      const weights = Array.from({ length: end - first }, (_, k) => keys((first + k - centre + 0.5) / wide));
      const sum = weights.reduce((a, b) => a + b);
      return [first, weights.map((w) => w / sum)];
    });
  }

  function resize(plane, width, height, W, H) {
    const across = taps(width, W), down = taps(height, H);
    const wide = new Float32Array(W * height), out = new Float32Array(W * H);
    for (let y = 0; y < height; y++)
      across.forEach(([first, weights], x) => {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * plane[y * width + first + k];
        wide[y * W + x] = sum;
      });
    down.forEach(([first, weights], y) => {
      for (let x = 0; x < W; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * wide[(first + k) * W + x];
        out[y * W + x] = sum;
      }
    });
    return out;
  }

  const enlarge = (plane, width, height) => resize(plane, width, height, width * scale, height * scale);

  function consistent(y, x, width, height) {    // y + x - up(down(y)): shrunk again, it gives the small picture back
    const back = enlarge(resize(y, width, height, width / scale, height / scale), width / scale, height / scale);
    return y.map((value, i) => value + x[i] - back[i]);
  }

  function plain({ width, height, rgb }) {    // 1 where a small pixel and all within 2 of it have one colour
    const out = new Uint8Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const here = 4 * (y * width + x);
        let same = true;
        for (let v = Math.max(0, y - 2); same && v <= Math.min(height - 1, y + 2); v++)
          for (let u = Math.max(0, x - 2); same && u <= Math.min(width - 1, x + 2); u++)
            for (let c = 0; c < 3; c++) same = same && rgb[4 * (v * width + u) + c] === rgb[here + c];
        out[y * width + x] = same;
      }
    return out;
  }

  function paint() {
    const { width, height, frames, labels, flat, chroma: [cb, cr] } = result;
    const i = Number(range.value), luma = frames[i], x = frames[0];
    const pixels = new ImageData(width, height);
    for (let k = 0; k < width * height; k++) {
      const small = Math.floor(Math.floor(k / width) / scale) * picture.width + Math.floor(k % width / scale);
      const y = 255 / 219 * ((flat[small] ? x : luma)[k] - 16), b = 255 / 112 * (cb[k] - 128), r = 255 / 112 * (cr[k] - 128);
      pixels.data.set([y + 0.701 * r, y - 0.701 * 0.299 / 0.587 * r - 0.886 * 0.114 / 0.587 * b, y + 0.886 * b, 255]
        .map(Math.round), 4 * k);
    }
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = width * Number(zoom.value) + "px";
    canvas.hidden = false;
    canvas.getContext("2d", { willReadFrequently: true }).putImageData(pixels, 0, 0);
    canvas.setAttribute("aria-label", `${picture.name} enlarged ${scale} times: ${labels[i]}`);
    name.textContent = labels[i];
    range.setAttribute("aria-valuetext", labels[i]);
    download.hidden = running;
    download.removeAttribute("href");
    const shown = ++paintings;
    canvas.toBlob((blob) => {
      if (shown !== paintings) return;      // another picture has been painted since
      URL.revokeObjectURL(download.dataset.url);
      download.href = download.dataset.url = URL.createObjectURL(blob);
      download.download = `${picture.name.replace(/\.\w+$/, "")}-x${scale}.png`;
    });
  }

  function add(luma, label, milliseconds) {
    const before = result.frames.at(-1);
    result.frames.push(luma);
    result.labels.push(label);
    let change = 0;
    if (before) for (let i = 0; i < luma.length; i++) change += Math.abs(luma[i] - before[i]) / luma.length;
    rows.append(make("tr", {}, make("th", { scope: "row", textContent: label }),
      make("td", { textContent: `${milliseconds.toFixed(0)} ms` }),
      make("td", { textContent: before ? `${change.toFixed(2)} levels` : "–" })));
    range.max = result.frames.length - 1;
    range.value = range.max;
    look.hidden = table.hidden = false;
    paint();
  }

  function clear() {
    result = root.result = null;
    rows.replaceChildren();
    look.hidden = table.hidden = download.hidden = canvas.hidden = true;
  }

  // ---- The network: two small graphs. The first embeds, the second is one recursion and is run again and again.

  function obstacle() {
    if (location.protocol === "file:")
      return "A page opened from a file may not load the network's engine. Serve the book (make serve) and open it at http://localhost:8000.";
    if (document.documentElement.dataset.content_root === undefined)
      return "The network runs on the published page of this chapter: build it with make pages, serve it with make serve.";
    if (typeof WebAssembly !== "object" || !WebAssembly.validate(new Uint8Array(SIMD)))
      return "This browser has no WebAssembly SIMD, which the network's engine needs. A current Firefox, Chrome, Edge or Safari has it.";
    return null;
  }

  let sessions = null;
  async function engine() {
    const home = new URL(document.documentElement.dataset.content_root + "vendor/onnxruntime/", location.href).href;
    if (!window.ort)
      await new Promise((resolve, reject) => document.head.append(
        make("script", { src: home + "ort.wasm.min.js", onload: resolve, onerror: reject })));
    Object.assign(window.ort.env.wasm, { numThreads: 1, wasmPaths: home });
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const load = (text) => window.ort.InferenceSession.create(bytes(text), { executionProviders: ["wasm"] });
    return { embed: await load(model.embed), step: await load(model.step) };
  }

  function cut(x, width, height) {    // tiles with their margins; each carries its own hidden state
    const tiles = [];
    for (let top = 0; top < height; top += TILE)
      for (let left = 0; left < width; left += TILE) {
        const core = { left, top, right: Math.min(width, left + TILE), bottom: Math.min(height, top + TILE) };
        const l = Math.max(0, left - reach), t = Math.max(0, top - reach);
        const w = Math.min(width, core.right + reach) - l, h = Math.min(height, core.bottom + reach) - t;
        const values = new Float32Array(w * h);
        for (let y = 0; y < h; y++)
          for (let i = 0; i < w; i++) values[y * w + i] = x[(t + y) * width + l + i] / 255;
        tiles.push({ core, l, t, w, x: new window.ort.Tensor("float32", values, [1, 1, h, w]) });
      }
    return tiles;
  }

  async function run() {
    if (running) { running = false; return; }
    const reason = obstacle();
    if (reason) return say(reason);
    if (!picture) return say("There is no picture yet: choose one, drop one, or use the built-in one.");
    running = true;
    clear();
    start.textContent = "Stop";
    progress.hidden = false;
    progress.removeAttribute("value");
    try {
      if (!sessions) say("Loading the network's engine from this site (14 MB, once)…");
      await breathe();
      sessions = sessions || await engine();
      const last = Number(depth.value), width = picture.width * scale, height = picture.height * scale;
      let began = performance.now();
      const [x, ...chroma] = planes(picture).map((plane) => enlarge(plane, picture.width, picture.height));
      result = root.result = { width, height, chroma, flat: plain(picture), frames: [], labels: [] };
      add(x, "bicubic", performance.now() - began);
      const tiles = cut(x, width, height);
      const sum = new Float32Array(x.length);
      let done = 0;
      for (let d = 1; d <= last; d++) {
        say(`Recursion ${d} of ${last}…`);
        let spent = 0;
        const luma = new Float32Array(x.length);
        for (const tile of tiles) {
          await breathe();
          if (!running) return say(`Stopped after ${d - 1} of ${last} recursions.`);
          began = performance.now();
          if (d === 1) tile.H = tile.H_0 = (await sessions.embed.run({ x: tile.x })).H;
          const all = { H: tile.H, x: tile.x, H_0: tile.H_0 };
          const feeds = Object.fromEntries(sessions.step.inputNames.map((key) => [key, all[key]]));
          const { next, y } = await sessions.step.run(feeds);
          tile.H = next;
          const { core, l, t, w } = tile;
          for (let row = core.top; row < core.bottom; row++)
            for (let i = core.left; i < core.right; i++)
              luma[row * width + i] = 255 * y.data[(row - t) * w + i - l];
          spent += performance.now() - began;
          progress.value = ++done / (last * tiles.length);
        }
        for (let i = 0; i < sum.length; i++) sum[i] += model.weights[d - 1] * luma[i];
        add(luma, `recursion ${d}`, spent);
      }
      if (last === recursions) {
        began = performance.now();
        const answer = model.consistent ? consistent(sum, x, width, height) : sum;
        add(answer, "ensemble", performance.now() - began);
      }
      say(`Done: ${picture.width}×${picture.height} became ${width}×${height} pixels. Move the slider to compare.`);
    } catch (error) {
      sessions = null;
      say(`The network could not run here (${error && error.message || "its engine did not load"}). Reload the page, or try another browser.`);
    } finally {
      running = false;
      start.textContent = `Enlarge ×${scale}`;
      progress.hidden = true;
      download.hidden = !result;
    }
  }

  file.addEventListener("change", () => file.files[0] ? take(file.files[0], file.files[0].name) : say("No picture was chosen."));
  for (const event of ["dragover", "drop"]) drop.addEventListener(event, (e) => e.preventDefault());
  drop.addEventListener("drop", (event) => {
    const dropped = event.dataTransfer.files[0];
    return dropped ? take(dropped, dropped.name) : say("No picture was dropped: drop a picture file.");
  });
  const builtIn = async () => {
    const bytes = Uint8Array.from(atob(model.example.split(",")[1]), (c) => c.charCodeAt(0));
    await take(new Blob([bytes], { type: "image/png" }), "The built-in picture");
  };
  example.addEventListener("click", builtIn);
  start.addEventListener("click", run);
  range.addEventListener("input", paint);
  zoom.addEventListener("change", paint);
  range.addEventListener("keydown", (event) => event.stopPropagation());
  say(obstacle() || `The network ${model.name} (${filters} filters, ${recursions} recursions) stands ready. Its engine, 14 MB, is loaded from this site when you press Enlarge.`);
}
