// A picture enlarged window by window, as the package does it (drcn_book/upscaling.py): luma by the network, colour by
// bicubic, one colour stays one colour, and nothing hidden under full transparency shows through.
// A window is { width, height, data }: RGBA, bytes or numbers in 0 ... 255. Planes are Float32Arrays.
import { clipped } from "./brightness.mjs";
import { LUMA, smoothed } from "./colour.mjs";
import { resize } from "./pictures.mjs";

export const BICUBIC = 2;   // small pixels that Keys' kernel reaches to each side

/**
 * 0 ... length cut into windows of one size, { start, stop, first, last }: read start to stop, keep first to last. What
 * is kept lies at least `margin` inside the window, except at the ends of the picture.
 */
export function windows(length, core, margin) {
  const count = Math.max(1, Math.ceil((length - 2 * margin) / core));
  const size = count > 1 ? Math.min(length, Math.ceil((length - 2 * margin) / count) + 2 * margin) : length;
  const starts = Array.from({ length: count }, (_, i) => Math.min(i * (size - 2 * margin), length - size));
  return starts.map((start, i) => ({
    start, stop: start + size, first: i ? start + margin : 0, last: i < count - 1 ? starts[i + 1] + margin : length,
  }));
}

/** 1 where a pixel and all within 2 of it have one colour, transparency aside. */
export function plain({ width, height, data }) {
  const colour = new Float64Array(width * height), across = new Uint8Array(width * height), found = new Uint8Array(width * height);
  for (let i = 0; i < colour.length; i++)
    colour[i] = Number.isInteger(data[4 * i]) ? data[4 * i] << 16 | data[4 * i + 1] << 8 | data[4 * i + 2] : NaN;
  const same = (i, step, before, after) => {   // `before` pixels back and `after` on, all like pixel i
    for (let k = -before; k <= after; k++) if (colour[i + k * step] !== colour[i]) return 0;
    return 1;
  };
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) across[i] = same(i, 1, Math.min(2, x), Math.min(2, width - 1 - x));
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const before = Math.min(2, y), after = Math.min(2, height - 1 - y);
      found[i] = same(i, width, before, after);
      for (let k = -before; k <= after; k++) found[i] &= across[i + k * width];
    }
  return found;
}

/** Visible colours carried under the fully transparent, within `reach`: `transparency.carried_outward`. */
export function carriedOutward({ width, height, data }, reach) {
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-Math.abs(i - reach)));
  let weighted = new Float64Array(4 * width * height);
  for (let i = 0; i < weighted.length; i++) weighted[i] = i % 4 === 3 ? data[i] : data[i] * data[i - i % 4 + 3];
  for (const [step, length, lines, next] of [[4, width, height, 4 * width], [4 * width, height, width, 4]]) {
    const sums = new Float64Array(weighted.length);
    for (let line = 0; line < lines; line++)
      for (let i = 0; i < length; i++)
        for (let k = Math.max(-reach, -i); k <= Math.min(reach, length - 1 - i); k++)
          for (let c = 0; c < 4; c++)
            sums[line * next + i * step + c] += kernel[k + reach] * weighted[line * next + (i + k) * step + c];
    weighted = sums;
  }
  const filled = data.slice();
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] === 0 && weighted[i + 3] > 0)
      for (let c = 0; c < 3; c++) filled[i + c] = Math.round(weighted[i + c] / weighted[i + 3]);
    else if (data[i + 3] === 0) filled.fill(0, i, i + 3);
  return { width, height, data: filled };
}

/**
 * The part `inside` (left, top, width, height, in small pixels) of a window, enlarged: `high`, four planes in 0 ... 1;
 * x, what the network is given; `flat`, 1 where the network has no say; and `small`, the part itself, three planes.
 * real: whether the network is one for real pictures, whose colour is smoothed.
 */
export function enlarge(window, scale, real, { left, top, width, height }) {
  const { data } = window, count = window.width * window.height, W = width * scale, H = height * scale;
  let visible = true;
  for (let i = 3; visible && i < data.length; i += 4) visible = data[i] === 255;
  const planes = [0, 1, 2, 3].map((channel) => Float32Array.from({ length: count }, (_, i) => data[4 * i + channel] / 255));
  const uniform = plain(window);
  if (real) smoothed(planes.slice(0, 3), window).forEach((plane, c) => plane.forEach((value, i) => { if (!uniform[i]) planes[c][i] = value; }));
  const bicubic = (plane) => {
    const all = resize({ width: window.width, height: window.height, data: plane }, window.height * scale, window.width * scale);
    const part = new Float32Array(W * H);
    for (let y = 0; y < H; y++) {
      const from = (top * scale + y) * all.width + left * scale;
      part.set(all.data.subarray(from, from + W), y * W);
    }
    return part;
  };
  const flat = new Uint8Array(W * H), x = new Float32Array(W * H);
  for (let y = 0, i = 0; y < H; y++)
    for (let u = 0; u < W; u++, i++)
      flat[i] = uniform[(top + Math.floor(y / scale)) * window.width + left + Math.floor(u / scale)];
  const high = planes.slice(0, 3).map((plane) => bicubic(visible ? plane : plane.map((value, i) => value * planes[3][i])));
  high.push(visible ? new Float32Array(W * H).fill(1) : bicubic(planes[3]));
  if (!visible)
    high.slice(0, 3).forEach((plane, channel) => {
      const hidden = bicubic(planes[channel]);
      for (let i = 0; i < plane.length; i++)
        plane[i] = flat[i] || high[3][i] <= 1 / 255 ? hidden[i] : plane[i] / Math.max(high[3][i], 1 / 255);
    });
  for (let i = 0; i < x.length; i++) x[i] = 16 / 255 + LUMA[0] * high[0][i] + LUMA[1] * high[1][i] + LUMA[2] * high[2][i];
  const small = planes.slice(0, 3).map((plane) => cut(plane, window.width, { left, top, width, height }));
  return { width: W, height: H, high, x, flat, small, scale };
}

/** y + x - up(down(y)): shrunk again, it gives the small picture back (`degradation.consistent`). */
export function consistent(y, x, { width, height }, scale) {
  const small = resize({ width, height, data: y }, height / scale, width / scale), back = resize(small, height, width).data;
  return y.map((value, i) => value + x[i] - back[i]);
}

/** The part { left, top, width, height } of a plane of that width. */
export function cut(plane, wide, { left, top, width, height }) {
  const part = new plane.constructor(width * height);
  for (let y = 0; y < height; y++)
    part.set(plane.subarray((top + y) * wide + left, (top + y) * wide + left + width), y * width);
  return part;
}

/** The RGBA bytes of a part of an enlarged window, its luma being y: a change t of Y adds 255/219 t to R, G and B. */
export function painted({ width: wide, height: tall, high, x, flat, small, scale }, y, { left, top, width, height }) {
  const size = { width: wide / scale, height: tall / scale };
  const planes = high.map((plane, c) => c === 3 ? plane : clipped(
    plane.map((value, i) => flat[i] ? value : value + (y[i] - x[i]) * 255 / 219), plane, small[c], size, scale));
  const bytes = new Uint8ClampedArray(4 * width * height);
  for (let row = 0, o = 0; row < height; row++)
    for (let i = (top + row) * wide + left, end = i + width; i < end; i++, o += 4)
      for (let c = 0; c < 4; c++) bytes[o + c] = 255 * planes[c][i];
  return bytes;
}

/**
 * A picture made smaller, as Pillow does it, from a source that is read by strips; alpha weighs the colours. Returns
 * RGBA numbers in 0 ... 255, not rounded.
 */
export function shrunk(source, width, height) {
  const STRIP = 256, narrow = [0, 1, 2, 3].map(() => new Float32Array(source.height * width));
  for (let top = 0; top < source.height; top += STRIP) {
    const strip = source.read(0, top, source.width, Math.min(STRIP, source.height - top));
    narrow.forEach((plane, c) => {
      const data = new Float32Array(strip.width * strip.height);
      for (let i = 0; i < data.length; i++) data[i] = strip.data[4 * i + c] * (c < 3 ? strip.data[4 * i + 3] / 255 : 1);
      plane.set(resize({ width: strip.width, height: strip.height, data }, strip.height, width).data, top * width);
    });
  }
  const planes = narrow.map((data) => resize({ width, height: source.height, data }, height, width).data);
  const data = new Float32Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    const alpha = planes[3][i];
    for (let c = 0; c < 3; c++) data[4 * i + c] = alpha > 0 ? planes[c][i] * 255 / alpha : 0;
    data[4 * i + 3] = alpha;
  }
  return { width, height, data };
}
