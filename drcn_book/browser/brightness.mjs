// Clipping that keeps brightness: the twin of drcn_book/brightness.py, which says why.

const SPREAD = 2, MOVED = 2 / 255;
export const REACH = 3 * SPREAD;   // small pixels that it sees to each side
const KERNEL = Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-((i - REACH) ** 2) / (2 * SPREAD ** 2)));
const TOTAL = KERNEL.reduce((sum, value) => sum + value, 0);

/** Lines of `length` values `step` apart, each value the Gaussian mean around it; beyond the ends they go on. */
function blurred(plane, length, step, lines, next) {
  const found = new Float32Array(plane.length);
  for (let line = 0; line < lines; line++)
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = -REACH; k <= REACH; k++)
        sum += KERNEL[k + REACH] * plane[line * next + Math.min(length - 1, Math.max(0, i + k)) * step];
      found[line * next + i * step] = sum / TOTAL;
    }
  return found;
}

/** y within 0 ... 1, its local means those of x to 2 levels; y and x of the low plane's size times `scale`. */
export function clipped(y, x, low, { width, height }, scale) {
  const W = width * scale, a = y.map((value) => Math.min(1, Math.max(0, value)));
  let m = new Float32Array(width * height);
  for (let i = 0; i < a.length; i++)
    m[Math.floor(Math.floor(i / W) / scale) * width + Math.floor(i % W / scale)] += (a[i] - x[i]) / scale ** 2;
  m = blurred(blurred(m, width, 1, height, width), height, width, width, 1);
  if (m.every((moved) => Math.abs(moved) <= MOVED)) return a;
  const near = (i, length) => {   // the two small pixels around a large one, and how much the second counts
    const place = (i + 0.5) / scale - 0.5, first = Math.floor(place);
    return [Math.max(0, first), Math.min(length - 1, first + 1), place - first];
  };
  for (let row = 0, i = 0; row < height * scale; row++) {
    const [top, bottom, down] = near(row, height);
    for (let column = 0; column < W; column++, i++) {
      const moved = Math.abs(m[Math.floor(row / scale) * width + Math.floor(column / scale)]);
      if (moved <= MOVED) continue;
      const [left, right, across] = near(column, width);
      const upper = low[top * width + left] * (1 - across) + low[top * width + right] * across;
      const lower = low[bottom * width + left] * (1 - across) + low[bottom * width + right] * across;
      const b = upper * (1 - down) + lower * down;
      a[i] = b + MOVED / moved * (a[i] - b);
    }
  }
  return a;
}
