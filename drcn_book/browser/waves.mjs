// What making a signal half as long, and as long as before, does to one frequency: as pieces/problem.py's `response`.
import { resize } from "./pictures.mjs";

const LENGTH = 256, BORDER = 32;

/** cos(2 pi (f t + turn)), one row of pixels. */
export function wave(f, width, turn) {
  return { height: 1, width, data: Float32Array.from({ length: width }, (_, t) => Math.cos(2 * Math.PI * (f * t + turn))) };
}

/** Half as long: by bicubic interpolation, or every second pixel. */
export function halved(row, second) {
  if (!second) return resize(row, 1, row.width / 2);
  return { height: 1, width: row.width / 2, data: row.data.filter((_, t) => t % 2 === 0) };
}

/** How much of frequency f is kept, and how much of another has come in: shares of the amplitude. */
export function response(f, second) {
  const cut = ({ data }) => data.subarray(BORDER, LENGTH - BORDER);
  // exp(2 pi i f t): its real part, and its imaginary part a quarter of a turn behind
  const parts = [0, -0.25].map((turn) => {
    const before = wave(f, LENGTH, turn);
    return [cut(before), cut(resize(halved(before, second), 1, LENGTH))];
  });
  const length = LENGTH - 2 * BORDER, sum = (over) => parts.reduce((total, [before, after]) =>
    total + before.reduce((part, value, t) => part + over(value, after[t]), 0), 0);
  const kept = sum((value, after) => value * after) / length;
  return { kept, alias: Math.sqrt(sum((value, after) => (after - kept * value) ** 2) / length) };
}
