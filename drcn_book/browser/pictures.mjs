// Pictures of luma, as the package makes them: a picture is { height, width, data }, data a Float32Array in 0 ... 255.

/** Numbers in [0, 1) from a whole-number seed (mulberry32): the same on every machine. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Keys' cubic kernel with a = -0.5, as `degradation.keys`. */
export function keys(distance) {
  const t = Math.abs(distance);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((2.5 - 0.5 * t) * t - 4) * t + 2 : 0;
}

/** For each of `to` new pixels: the first old one it is made of, and the weights. As Pillow's precompute_coeffs. */
function taps(from, to) {
  const step = from / to, wide = Math.max(step, 1);   // the kernel is widened when shrinking: that is antialiasing
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * step;
    const first = Math.max(0, Math.trunc(center - 2 * wide + 0.5));
    const end = Math.min(from, Math.trunc(center + 2 * wide + 0.5));
    const weights = Array.from({ length: end - first }, (_, k) => keys((first + k - center + 0.5) / wide));
    const total = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
}

/** Bicubic resize in floating point, unrounded, as `degradation.resize`: across first, then down. */
export function resize({ height, width, data }, newHeight, newWidth) {
  const across = new Float32Array(height * newWidth), result = new Float32Array(newHeight * newWidth);
  const columns = taps(width, newWidth);
  for (let row = 0; row < height; row++)
    for (let i = 0; i < newWidth; i++) {
      const { first, weights } = columns[i], from = row * width + first;
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * data[from + k];
      across[row * newWidth + i] = sum;
    }
  const line = new Float64Array(newWidth);
  taps(height, newHeight).forEach(({ first, weights }, row) => {
    line.fill(0);
    weights.forEach((weight, k) => {
      const from = (first + k) * newWidth;
      for (let i = 0; i < newWidth; i++) line[i] += weight * across[from + i];
    });
    result.set(line, row * newWidth);
  });
  return { height: newHeight, width: newWidth, data: result };
}

/** Luma of BT.601 in studio range, 16 ... 235, from the RGBA bytes of a canvas; not rounded. */
export function luma({ height, width, data }) {
  const y = new Float32Array(height * width);
  for (let i = 0; i < y.length; i++)
    y[i] = 16 + (65.481 * data[4 * i] + 128.553 * data[4 * i + 1] + 24.966 * data[4 * i + 2]) / 255;
  return { height, width, data: y };
}

/** The pair of `degradation.degrade`: x is y made smaller by `scale` and enlarged again; y is cut to a multiple. */
export function degrade(picture, scale) {
  const height = picture.height - picture.height % scale, width = picture.width - picture.width % scale;
  const data = new Float32Array(height * width);
  for (let row = 0; row < height; row++)
    data.set(picture.data.subarray(row * picture.width, row * picture.width + width), row * width);
  const y = { height, width, data };
  return { x: resize(resize(y, height / scale, width / scale), height, width), y };
}

/** PSNR in dB of a picture rounded to 8 bits, without a border, as `metrics.psnr`. */
export function psnr(truth, output, border) {
  let sum = 0;
  const { height, width } = truth;
  for (let row = border; row < height - border; row++)
    for (let i = row * width + border; i < (row + 1) * width - border; i++)
      sum += (truth.data[i] - Math.min(255, Math.max(0, Math.round(output.data[i])))) ** 2;
  return 10 * Math.log10(255 ** 2 * (height - 2 * border) * (width - 2 * border) / sum);
}

/**
 * `count` random patches of a pair, in 0 ... 1: x and y, each (count, side, side) in a row. They begin at multiples
 * of `fold`, as the cells of a folded network do, and each is one of its eight flips and turns.
 */
export function patches({ x, y }, count, side, fold, draw) {
  const area = side * side, batch = { x: new Float32Array(count * area), y: new Float32Array(count * area) };
  const begin = (length) => fold * Math.floor(draw() * ((length - side) / fold + 1));
  for (let n = 0; n < count; n++) {
    const top = begin(x.height), left = begin(x.width), view = Math.floor(8 * draw());
    for (let r = 0; r < side; r++)
      for (let c = 0; c < side; c++) {
        const i = view & 1 ? side - 1 - r : r, j = view & 2 ? side - 1 - c : c;   // turned upside down, mirrored,
        const to = n * area + (view & 4 ? j * side + i : i * side + j);           // and rows for columns
        const from = (top + r) * x.width + left + c;
        batch.x[to] = x.data[from] / 255;
        batch.y[to] = y.data[from] / 255;
      }
  }
  return batch;
}
