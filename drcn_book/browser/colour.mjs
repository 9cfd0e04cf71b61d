// The colour of damaged pictures, smoothed where their luma is smooth: the twin of drcn_book/upscaling/colour.py.

const EDGE = 2 / 255 ** 2;
export const LUMA = [65.481 / 255, 128.553 / 255, 24.966 / 255];   // of R, G and B in 0 ... 1 in Y

/** The mean of 3x3 values; beyond the ends they go on. */
function around(plane, { width, height }) {
  const across = new Float32Array(plane.length), found = new Float32Array(plane.length);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) across[i] = (plane[i - (x > 0)] + plane[i] + plane[i + (x < width - 1)]) / 3;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      found[i] = (across[i - (y > 0) * width] + across[i] + across[i + (y < height - 1) * width]) / 3;
  return found;
}

/** Three planes in 0 ... 1 with the same luma and a smoother colour. */
export function smoothed(planes, size) {
  const total = LUMA[0] + LUMA[1] + LUMA[2], mean = (plane) => around(plane, size);
  const luma = planes[0].map((_, i) => planes.reduce((sum, plane, c) => sum + plane[i] * LUMA[c], 0) / total);
  const meanLuma = mean(luma), square = mean(luma.map((value) => value ** 2));
  return planes.map((plane) => {
    const colour = plane.map((value, i) => value - luma[i]), meanColour = mean(colour), both = mean(colour.map((value, i) => value * luma[i]));
    const slope = both.map((value, i) => (value - meanLuma[i] * meanColour[i]) / (square[i] - meanLuma[i] ** 2 + EDGE));
    const gain = mean(slope), rest = mean(meanColour.map((value, i) => value - slope[i] * meanLuma[i]));
    return luma.map((value, i) => value + gain[i] * value + rest[i]);
  });
}
