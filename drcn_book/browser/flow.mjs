// How the gradient flows back through the chain on a line, h_d = w h_{d-1}, as `flow` of drcn_book/pieces/supervision.py.

/**
 * signals h_1 ... h_D, starting with h_0 = 1; errors g_d = alpha/D + (1 - alpha) w_d, the share that output d has in the
 * gradient of the loss when all outputs err alike; back, what has come back to h_d; parts, what each use of w gets.
 */
export function flow(gain, weights, alpha) {
  const depth = weights.length;
  const signals = weights.map((_, d) => gain ** (d + 1));
  const errors = weights.map((weight) => alpha / depth + (1 - alpha) * weight);
  const back = [...errors];
  for (let d = depth - 2; d >= 0; d--) back[d] += gain * back[d + 1];
  const parts = back.map((value, d) => value * gain ** d);   // times the signal that came in, h_{d-1}
  return { signals, errors, back, parts, sum: parts.reduce((a, b) => a + b) };
}

/** w_1 ... w_D of an ensemble: `weight` for output d, and the rest in equal shares for the others. */
export function shares(depth, d, weight) {
  return Array.from({ length: depth }, (_, k) => k === d - 1 ? weight : (1 - weight) / (depth - 1));
}
