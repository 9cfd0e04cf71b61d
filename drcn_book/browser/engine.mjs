// A network that the package has written down (drcn_book/operations.py), run forwards and backwards.
//
// A value is a block of planes, batch by batch and channel by channel, each with a border of one zero all round. So a
// 3x3 convolution reads its neighbours without asking where the picture ends, and nothing is ever padded again:
// every operation leaves the border of what it writes at zero.
// Weights keep Keras' order: a kernel is (3, 3, inputs, outputs), the last index running fastest.

/** target += the 3x3 weights k0 ... k8 applied to source; s and t are where the two planes begin. */
function filter(source, s, target, t, height, width, k0, k1, k2, k3, k4, k5, k6, k7, k8) {
  const line = width + 2;
  for (let row = 0; row < height; row++) {
    // The nine values slide: each step reads a new column of three and forgets the oldest.
    let i = s + row * line, j = i + line, k = j + line, o = t + (row + 1) * line + 1;
    let a = source[i], b = source[i + 1], d = source[j], e = source[j + 1], g = source[k], h = source[k + 1];
    i += 2; j += 2; k += 2;
    for (const end = o + width; o < end; o++, i++, j++, k++) {
      const c = source[i], f = source[j], l = source[k];
      target[o] += a * k0 + b * k1 + c * k2 + d * k3 + e * k4 + f * k5 + g * k6 + h * k7 + l * k8;
      a = b; b = c; d = e; e = f; g = h; h = l;
    }
  }
}

/** What `filter` would need to know of its weights: into sums, each neighbour of source times target, summed. */
function meet(source, s, target, t, height, width, sums) {
  const line = width + 2;
  let k0 = 0, k1 = 0, k2 = 0, k3 = 0, k4 = 0, k5 = 0, k6 = 0, k7 = 0, k8 = 0;
  for (let row = 0; row < height; row++) {
    let i = s + row * line, j = i + line, k = j + line, o = t + (row + 1) * line + 1;
    let a = source[i], b = source[i + 1], d = source[j], e = source[j + 1], g = source[k], h = source[k + 1];
    i += 2; j += 2; k += 2;
    for (const end = o + width; o < end; o++, i++, j++, k++) {
      const c = source[i], f = source[j], l = source[k], v = target[o];
      k0 += a * v; k1 += b * v; k2 += c * v;
      k3 += d * v; k4 += e * v; k5 += f * v;
      k6 += g * v; k7 += h * v; k8 += l * v;
      a = b; b = c; d = e; e = f; g = h; h = l;
    }
  }
  sums[0] += k0; sums[1] += k1; sums[2] += k2;
  sums[3] += k3; sums[4] += k4; sums[5] += k5;
  sums[6] += k6; sums[7] += k7; sums[8] += k8;
}

/** Call visit(at) for the place of the first pixel of every line of one channel, picture after picture. */
function lines({ batch, channels, height, width, plane }, channel, visit) {
  for (let b = 0; b < batch; b++)
    for (let row = 1; row <= height; row++) visit((b * channels + channel) * plane + row * (width + 2) + 1);
}

/** Copy (adding) between a picture and its folded planes; `forth` says which of the two is written. */
function refold(fine, large, coarse, small, s, forth) {
  for (let b = 0; b < large.batch; b++)
    for (let y = 0; y < large.height; y++)
      for (let x = 0; x < large.width; x++) {
        const channel = (y % s) * s + (x % s);
        const i = b * large.plane + (y + 1) * (large.width + 2) + x + 1;
        const j = (b * s * s + channel) * small.plane + (Math.floor(y / s) + 1) * (small.width + 2) + Math.floor(x / s) + 1;
        if (forth) coarse[j] += fine[i]; else fine[i] += coarse[j];
      }
}

function sum(to, from, factor = 1) {
  for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}

/** Add the planes of `from` (a value) to those of `to` that begin with channel `first`, or back where `back`. */
function join(to, large, from, small, first, back) {
  const length = small.channels * small.plane;
  for (let b = 0; b < small.batch; b++) {
    const i = (b * large.channels + first) * large.plane, j = b * length;
    for (let k = 0; k < length; k++) if (back) from[j + k] += to[i + k]; else to[i + k] += from[j + k];
  }
}

// Each kind: the shape of its result, how it adds to the result (which is zero before), and how it adds to the
// gradients of its inputs. An input without `grad` is not asked for one: it leads to no weight.
const KINDS = {
  convolution: {
    shape: (net, { name }, a) => ({ ...a, channels: net.plan.convolutions[name].outputs }),
    forward(net, { name }, y, a) {
      const kernel = net.weights[name + "/kernel"], bias = net.weights[name + "/bias"];
      const I = a.channels, O = y.channels;
      for (let o = 0; o < O; o++) {
        lines(y, o, (at) => y.data.fill(bias[o], at, at + y.width));
        for (let i = 0; i < I; i++) net.filter(a.data, a, i, y.data, y, o, (tap) => kernel[(tap * I + i) * O + o]);
      }
    },
    backward(net, { name }, y, a) {
      const kernel = net.weights[name + "/kernel"];
      const dKernel = net.gradients[name + "/kernel"], dBias = net.gradients[name + "/bias"];
      const I = a.channels, O = y.channels, sums = new Float64Array(9);
      for (let o = 0; o < O; o++) {
        let total = 0;
        lines(y, o, (at) => { for (let p = at; p < at + y.width; p++) total += y.grad[p]; });
        dBias[o] += total;
        for (let i = 0; i < I; i++) {
          sums.fill(0);
          for (let b = 0; b < y.batch; b++)
            meet(a.data, (b * I + i) * a.plane, y.grad, (b * O + o) * y.plane, y.height, y.width, sums);
          for (let tap = 0; tap < 9; tap++) dKernel[(tap * I + i) * O + o] += sums[tap];
          // What came in at a tap goes back out at the opposite one.
          if (a.grad) net.filter(y.grad, y, o, a.grad, a, i, (tap) => kernel[((8 - tap) * I + i) * O + o]);
        }
      }
    },
  },
  relu: {
    shape: (net, operation, a) => a,
    forward(net, operation, y, a) {
      for (let i = 0; i < y.data.length; i++) y.data[i] = a.data[i] > 0 ? a.data[i] : 0;
    },
    backward(net, operation, y, a) {
      for (let i = 0; i < y.data.length; i++) if (y.data[i] > 0) a.grad[i] += y.grad[i];
    },
  },
  add: {
    shape: (net, operation, a) => a,
    forward(net, operation, y, ...inputs) { for (const a of inputs) sum(y.data, a.data); },
    backward(net, operation, y, ...inputs) { for (const a of inputs) if (a.grad) sum(a.grad, y.grad); },
  },
  concatenate: {
    shape: (net, operation, a, b) => ({ ...a, channels: a.channels + b.channels }),
    forward(net, operation, y, a, b) {
      join(y.data, y, a.data, a, 0, false);
      join(y.data, y, b.data, b, a.channels, false);
    },
    backward(net, operation, y, a, b) {
      if (a.grad) join(y.grad, y, a.grad, a, 0, true);
      if (b.grad) join(y.grad, y, b.grad, b, a.channels, true);
    },
  },
  fold: {
    shape: ({ plan: { fold } }, operation, a) =>
      ({ batch: a.batch, channels: fold ** 2, height: a.height / fold, width: a.width / fold }),
    forward(net, operation, y, a) { refold(a.data, a, y.data, y, net.plan.fold, true); },
    backward(net, operation, y, a) { if (a.grad) refold(a.grad, a, y.grad, y, net.plan.fold, false); },
  },
  unfold: {
    shape: ({ plan: { fold } }, operation, a) =>
      ({ batch: a.batch, channels: 1, height: a.height * fold, width: a.width * fold }),
    forward(net, operation, y, a) { refold(y.data, y, a.data, a, net.plan.fold, false); },
    backward(net, operation, y, a) { if (a.grad) refold(y.grad, y, a.grad, a, net.plan.fold, true); },
  },
  weighted_sum: {
    shape: (net, operation, a) => a,
    forward(net, { name }, y, ...inputs) {
      inputs.forEach((a, d) => sum(y.data, a.data, net.weights[name + "/w"][d]));
    },
    backward(net, { name }, y, ...inputs) {
      inputs.forEach((a, d) => {
        let total = 0;
        for (let i = 0; i < y.grad.length; i++) total += y.grad[i] * a.data[i];
        net.gradients[name + "/w"][d] += total;
        if (a.grad) sum(a.grad, y.grad, net.weights[name + "/w"][d]);
      });
    },
  },
};

/** Names and sizes of a plan's weights, in the order of the paper: kernels, biases, and the w_d of the ensemble. */
export function sizes(plan) {
  const found = {};
  for (const [name, { inputs, outputs }] of Object.entries(plan.convolutions)) {
    found[name + "/kernel"] = 9 * inputs * outputs;
    found[name + "/bias"] = outputs;
  }
  for (const { kind, name, inputs } of plan.operations)
    if (kind === "weighted_sum") found[name + "/w"] = inputs.length;
  return found;
}

/** Arrays of zeros, one for each of the plan's weights. */
export function zeros(plan, Type = Float32Array) {
  return Object.fromEntries(Object.entries(sizes(plan)).map(([name, size]) => [name, new Type(size)]));
}

/**
 * A plan for pictures of one size. weights: typed arrays by name, which several networks may share.
 * After forward(x), output(k) gives result k; after backward(), `gradients` holds what `weights` holds.
 */
export class Network {
  constructor(plan, weights, batch, height, width, Type = Float32Array) {
    Object.assign(this, { plan, weights, gradients: zeros(plan, Type) });
    const allocate = (shape, learns) => {
      const value = { ...shape, plane: (shape.height + 2) * (shape.width + 2) };
      const length = value.batch * value.channels * value.plane;
      return { ...value, data: new Type(length), grad: learns ? new Type(length) : null };
    };
    this.values = [allocate({ batch, channels: 1, height, width }, false)];
    for (const operation of plan.operations) {
      const inputs = operation.inputs.map((k) => this.values[k]);
      const shape = KINDS[operation.kind].shape(this, operation, ...inputs);
      const learns = operation.kind === "convolution" || inputs.some((a) => a.grad);
      this.values.push(allocate(shape, learns));
    }
  }

  /** Filter channel i of one value into channel o of another, for the whole batch. */
  filter(source, from, i, target, to, o, weight) {
    const [k0, k1, k2, k3, k4, k5, k6, k7, k8] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(weight);
    for (let b = 0; b < from.batch; b++)
      filter(source, (b * from.channels + i) * from.plane, target, (b * to.channels + o) * to.plane,
        to.height, to.width, k0, k1, k2, k3, k4, k5, k6, k7, k8);
  }

  /** x: the pictures (batch, height, width), one after another. */
  forward(x) {
    this.write(this.values[0], this.values[0].data, x);
    this.plan.operations.forEach((operation, k) => {
      const y = this.values[k + 1];
      y.data.fill(0);
      KINDS[operation.kind].forward(this, operation, y, ...operation.inputs.map((i) => this.values[i]));
    });
  }

  /** gradients: of the loss with respect to results, a Map from number to (batch, height, width). */
  backward(gradients) {
    for (const value of this.values) value.grad?.fill(0);
    for (const array of Object.values(this.gradients)) array.fill(0);
    for (const [k, gradient] of gradients) this.write(this.values[k], this.values[k].grad, gradient);
    for (let k = this.plan.operations.length; k > 0; k--) {
      const operation = this.plan.operations[k - 1];
      KINDS[operation.kind].backward(this, operation, this.values[k], ...operation.inputs.map((i) => this.values[i]));
    }
  }

  /** Into a block with borders, line by line. */
  write(value, block, pictures) {
    let from = 0;
    lines(value, 0, (at) => { block.set(pictures.subarray(from, from += value.width), at); });
  }

  /** Result k of one channel as pictures (batch, height, width), without borders. */
  output(k) {
    const value = this.values[k], pictures = new value.data.constructor(value.batch * value.height * value.width);
    let to = 0;
    lines(value, 0, (at) => { pictures.set(value.data.subarray(at, at + value.width), to); to += value.width; });
    return pictures;
  }
}
