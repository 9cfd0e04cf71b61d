// The worker of the network in the page: two of them share the tiles, a third writes the file. It is sent, in turn,
//   { take: { file } or { pixels } }   the picture: a file, or RGBA numbers; answers { size }
//   { choose }                         which networks fit the file: answers { choice }, see choice.mjs
//   { prepare: { width, height, scale } }   shrinks the picture; with a scale, degrades it: { prepared }
//   { engine: { model, home } }        makes a network ready: { ready }
//   { pace }                           tries the network on a small window: { pace }, milliseconds a pixel
//   { job }                            one window of the picture, see `work`: { tile }
//   { begin }, { tile }, { end }       a picture to be written as PNG: { file }
//   { stop }                           heard between two recursions: jobs up to this run's number are dropped
// Whatever goes wrong is answered by { problem }.
import { REACH } from "./brightness.mjs";
import { choose } from "./choice.mjs";
import { Network, zeros } from "./engine.mjs";
import { luma } from "./pictures.mjs";
import { Png } from "./png.mjs";
import { BICUBIC, carriedOutward, consistent, cut, enlarge, painted, shrunk } from "./tiles.mjs";

let source, network, stopped = 0, png, strips;
const breathe = () => new Promise((resolve) => setTimeout(resolve));

/** RGBA numbers that are there already. */
const given = ({ width, height, data }) => ({
  width, height,
  read: (left, top, w, h) => ({ width: w, height: h, data: cut4(data, width, { left, top, width: w, height: h }) }),
});
const cut4 = (data, wide, { left, top, width, height }) =>
  cut(data, 4 * wide, { left: 4 * left, top, width: 4 * width, height });

/**
 * A file of the reader's. A canvas keeps colours multiplied by alpha, in bytes, and so rounds those that are half
 * transparent: where there are such, all bytes are read by WebGL, which takes them as they are.
 */
async function opened(file) {
  const bitmap = await createImageBitmap(file, { premultiplyAlpha: "none" }), { width, height } = bitmap;
  const read = (left, top, w, h) => {
    const context = new OffscreenCanvas(w, h).getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, -left, -top);
    return context.getImageData(0, 0, w, h);
  };
  const STRIP = 256;
  if (!/jpe?g$/.test(file.type))
    for (let top = 0; top < height; top += STRIP) {
      const strip = read(0, top, width, Math.min(STRIP, height - top)).data;
      if (strip.some((value, i) => i % 4 === 3 && value > 0 && value < 255)) {
        const all = await unrounded(bitmap);
        return all ? given({ width, height, data: all }) : { width, height, read };
      }
    }
  return { width, height, read };
}

/** The RGBA bytes of a bitmap, or null where the browser has no WebGL for pictures of that size. */
async function unrounded(bitmap) {
  const STRIP = 1024, { width, height } = bitmap, data = new Uint8ClampedArray(4 * width * height);
  const gl = new OffscreenCanvas(1, 1).getContext("webgl");
  if (!gl || width > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  for (let top = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    const strip = await createImageBitmap(bitmap, 0, top, width, rows, { premultiplyAlpha: "none" });
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, strip);
    strip.close();
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
    const part = new Uint8Array(4 * width * rows);
    gl.readPixels(0, 0, width, rows, gl.RGBA, gl.UNSIGNED_BYTE, part);
    data.set(part, 4 * width * top);
  }
  return data;
}

function prepared({ width, height, scale }) {
  const small = width === source.width && height === source.height ? source.read(0, 0, width, height) : shrunk(source, width, height);
  const sharp = { width, height, data: Uint8ClampedArray.from(small.data) };
  if (!scale) return sharp;
  const [w, h] = [width - width % scale, height - height % scale];
  const truth = { width: w, height: h, data: Float32Array.from(cut4(sharp.data, width, { left: 0, top: 0, width: w, height: h })) };
  const { data } = luma(truth), whole = data.map(Math.round);
  // The protocol rounds luma before it is degraded. The whole colour is moved by what that moves Y: no byte holds it.
  for (let i = 0; i < truth.data.length; i++)
    if (i % 4 < 3) truth.data[i] += (whole[i >> 2] - data[i >> 2]) * 255 / 219;
  return { ...shrunk(given(truth), w / scale, h / scale), truth: whole };
}

// ---- two engines: each gives the recursions' outputs y_1, y_2, ... for x, one after another

/** ONNX Runtime: the page's site serves it. What it returns lies in its own memory, so it is copied. */
async function onnx({ embed, step }, home) {
  if (!self.ort) importScripts(home + "ort.wasm.min.js");
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: home });
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const load = (text) => ort.InferenceSession.create(bytes(text), { executionProviders: ["wasm"] });
  const [first, next] = [await load(embed), await load(step)];
  return async function* (values, { width, height }) {
    const x = new ort.Tensor("float32", values, [1, 1, height, width]);
    const copy = ({ data, dims }) => new ort.Tensor("float32", data.slice(), dims);
    const H_0 = copy((await first.run({ x })).H);
    for (let H = H_0; ;) {
      const all = { H, x, H_0 };
      const result = await next.run(Object.fromEntries(next.inputNames.map((key) => [key, all[key]])));
      H = copy(result.next);
      yield result.y.data.slice();
    }
  };
}

/** The book's own engine, for pages that nobody serves: slower, and it computes all recursions at once. */
function own({ plan, tensors }) {
  const weights = zeros(plan), made = new Map();
  const bytes = Uint8Array.from(atob(tensors), (c) => c.charCodeAt(0)), floats = new Float32Array(bytes.buffer);
  let at = 0;
  for (const [name, array] of Object.entries(weights)) weights[name] = floats.subarray(at, at += array.length);
  return async function* (values, { width, height }) {
    const key = `${width}x${height}`;
    if (!made.has(key)) made.clear();
    const net = made.get(key) ?? new Network(plan, weights, 1, height, width);
    made.set(key, net);
    net.forward(values);
    for (const k of plan.recursions) yield net.output(k);
  };
}

/**
 * One window of a picture: `read` is the part of it that is looked at, `core` the part that is kept, in small pixels of
 * the whole; `last` recursions. Where `keep`, every recursion's picture is returned, else the bicubic one and the last.
 * `times` are the milliseconds of bicubic, each recursion and the ensemble, `painting` those of one picture's bytes.
 * Nothing is returned of a run that was stopped.
 */
async function work({ run, read, core, last, keep }, source) {
  const { model } = network, { scale, weights } = model, times = [];
  const before = [Math.min(read.left, BICUBIC), Math.min(read.top, BICUBIC)];
  const look = (border) => {
    const left = Math.max(0, read.left - border), top = Math.max(0, read.top - border);
    const right = Math.min(source.width, read.left + read.width + border);
    const bottom = Math.min(source.height, read.top + read.height + border);
    return { left, top, width: right - left, height: bottom - top, window: source.read(left, top, right - left, bottom - top) };
  };
  let began = performance.now();
  let { window, ...place } = look(BICUBIC);
  if (window.data.some((value, i) => i % 4 === 3 && value === 0)) {
    const reach = Math.ceil(model.reach / scale) + REACH + 2 * BICUBIC, wide = look(BICUBIC + reach);
    const filled = carriedOutward(wide.window, reach).data;
    window = { ...place, data: cut4(filled, wide.width, { ...place, left: place.left - wide.left, top: place.top - wide.top }) };
  }
  const tile = enlarge(window, scale, model.real, { left: before[0], top: before[1], width: read.width, height: read.height });
  const part = {
    left: (core.left - read.left) * scale, top: (core.top - read.top) * scale, width: core.width * scale, height: core.height * scale,
  };
  const frames = [tile.x], sum = new Float32Array(tile.x.length);
  times.push(performance.now() - began);
  if (tile.flat.every((value) => value) && !keep) frames.push(tile.x);
  else {
    began = performance.now();
    for await (const y of network.recursions(tile.x, tile)) {
      times.push(performance.now() - began);
      await breathe();
      if (run <= stopped) return;
      const w = weights[frames.length - 1];
      for (let i = 0; i < sum.length; i++) sum[i] += w * y[i];
      frames.push(y);
      if (frames.length > last) break;
      began = performance.now();
    }
    began = performance.now();
    if (last === weights.length) {
      frames.push(model.consistent ? consistent(sum, tile.x, tile, scale) : sum);
      times.push(performance.now() - began);
    }
  }
  const kept = keep ? frames : [frames[0], frames.at(-1)];
  began = performance.now();
  const pictures = kept.map((y) => painted(tile, y, part)), painting = (performance.now() - began) / kept.length;
  const lumas = keep ? kept.map((y) => cut(y, tile.width, part).map((value) => 255 * value)) : [];
  const changes = lumas.map((y, k) => k ? y.reduce((total, value, i) => total + Math.abs(value - lumas[k - 1][i]), 0) : 0);
  return { changes, run, left: core.left * scale, top: core.top * scale, width: part.width, height: part.height, pictures, lumas, times, painting };
}

/** Milliseconds that a pixel takes this computer: the quickest of some runs, since the first ones also warm it up. */
async function pace() {
  const { scale, weights } = network.model, width = Math.round(128 / scale), all = { left: 0, top: 0, width, height: width };
  const data = Uint8ClampedArray.from({ length: 4 * width ** 2 }, (_, i) => i % 4 === 3 ? 255 : 96 + 97 * i * i % 61);
  const job = { run: Infinity, read: all, core: all, last: weights.length, keep: false };
  const began = performance.now(), area = (width * scale) ** 2;
  let best = { total: Infinity };
  for (let i = 0; i < 10 && performance.now() - began < 1500; i++) {
    const { times, painting } = await work(job, given({ width, height: width, data }));
    const total = times.reduce((sum, time) => sum + time, painting);
    if (total < best.total) best = { total, times: times.map((time) => time / area), painting: painting / area };
  }
  return best;
}

// ---- the file: rows go to the compressor as soon as all tiles of a row of tiles are there

async function write({ left, top, width, height, bytes }) {
  const strip = strips.get(top) ?? { bytes: new Uint8ClampedArray(4 * png.width * height), missing: png.width };
  strips.set(top, strip);
  for (let row = 0; row < height; row++)
    strip.bytes.set(bytes.subarray(4 * row * width, 4 * (row + 1) * width), 4 * (row * png.width + left));
  strip.missing -= width;
  for (let next; (next = strips.get(strips.top)) && !next.missing;) {
    strips.delete(strips.top);
    strips.top += next.bytes.length / (4 * png.width);
    await png.add(next.bytes);
  }
}

const TASKS = {
  async take({ file, pixels }) {
    source = file ? { ...await opened(file), file } : given(pixels);
    postMessage({ size: { width: source.width, height: source.height } });
  },
  async choose() {
    const { width, height } = source, bytes = new Uint8Array(await source.file.arrayBuffer());
    postMessage({ choice: choose(source.read(0, 0, width, height).data, width, height, bytes) });
  },
  prepare: (wanted) => postMessage({ prepared: prepared(wanted) }),
  async engine({ model, home }) {
    network = { model, recursions: home ? await onnx(model, home) : own(model) };
    postMessage({ ready: true });
  },
  pace: async () => postMessage({ pace: await pace() }),
  async job(job) {
    const tile = job.run > stopped && await work(job, source);
    if (tile) postMessage({ tile }, [...tile.pictures, ...tile.lumas].map(({ buffer }) => buffer));
  },
  begin({ width, height, alpha }) {
    png = new Png(width, height, alpha);
    strips = Object.assign(new Map(), { top: 0 });
  },
  tile: write,
  end: async () => postMessage({ file: await png.blob() }),
};

let queue = Promise.resolve();
addEventListener("message", ({ data }) => {
  const [[task, value]] = Object.entries(data);
  if (task === "stop") stopped = value;
  else queue = queue.then(() => TASKS[task](value)).catch((error) => postMessage({ problem: { task, text: error?.message ?? "" } }));
});
