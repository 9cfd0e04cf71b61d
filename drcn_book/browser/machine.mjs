// What computing costs on a machine of which a few numbers are known, as drcn_book/costs.py. No page is known here.

/** Operations and bytes of a 3x3 convolution from F to F filters over so many pixels, in numbers of so many bytes. */
export function convolution(filters, pixels, bytes) {
  return { flop: 18 * filters ** 2 * pixels, size: bytes * (2 * filters * pixels + 9 * filters ** 2) };
}

/** Seconds of its arithmetic, its memory and its call, and the fewest in all; what fits the cache need not travel. */
export function roofline({ flops, bandwidth, cache, call }, number, { flop, size }) {
  const arithmetic = flop / flops[number], memory = size > cache ? size / bandwidth : 0;
  return { arithmetic, memory, call, least: call + Math.max(arithmetic, memory) };
}

/** Seconds of a ring in which devices sum arrays of so many bytes: those of the latency, and those of the wire. */
export function ring(devices, size, bandwidth, latency) {
  const parts = 2 * (devices - 1), waiting = parts * latency, sending = parts * size / devices / bandwidth;
  return { waiting, sending, sum: waiting + sending };
}

/** Seconds with a unit that keeps three digits readable. */
export function seconds(value) {
  const [factor, unit] = value >= 1 ? [1, "s"] : value >= 1e-3 ? [1e3, "ms"] : [1e6, "µs"];
  return `${Number((factor * value).toPrecision(3))} ${unit}`;
}

/** A number with a prefix of a thousand's power: 1.26e10 is "12.6 G". */
export function amount(value) {
  const power = value < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1000 ** power).toPrecision(3))} ${["", "k", "M", "G", "T", "P"][power]}`;
}
