// The training of a plan (drcn_book/operations.py), with the recipe's parts as Keras has them.
import { Network, zeros } from "./engine.mjs";
import { degrade, patches, psnr, random } from "./pictures.mjs";

/** Weights to start from, distributed as `model.build` has them: identities, He's normal, zeros, and w_d = 1/D. */
export function start(plan, seed, Type = Float32Array) {
  const weights = zeros(plan, Type), draw = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const truncated = () => {
    for (;;) {
      const value = normal();
      if (Math.abs(value) < 2) return value / 0.87962566103423978;   // the cut makes it narrower: Keras undoes that
    }
  };
  for (const [name, { inputs, outputs, identity, spread }] of Object.entries(plan.convolutions)) {
    const kernel = weights[name + "/kernel"];
    if (identity) for (let i = 0; i < inputs; i++) kernel[(4 * inputs + i) * outputs + i] = 1;
    else if (spread === 1) kernel.forEach((_, i) => { kernel[i] = truncated() * Math.sqrt(2 / (9 * inputs)); });
    else kernel.forEach((_, i) => { kernel[i] = normal() * spread * Math.sqrt(2 / (9 * plan.filters)); });
  }
  for (const name of Object.keys(weights)) if (name.endsWith("/w")) weights[name].fill(1 / weights[name].length);
  return weights;
}

/** Adam as Keras has it, its `global_clipnorm` included; clip 0 leaves the gradients as they are. */
export class Adam {
  constructor(plan, clip = 0, Type = Float32Array) {
    Object.assign(this, { clip, mean: zeros(plan, Type), square: zeros(plan, Type), taken: 0 });
  }

  step(weights, gradients, rate) {
    const t = ++this.taken, size = rate * Math.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t);
    const norm = this.clip ? Math.hypot(...Object.values(norms(gradients))) : 0;
    const cut = norm > this.clip ? this.clip / norm : 1;
    for (const [name, weight] of Object.entries(weights)) {
      const gradient = gradients[name], mean = this.mean[name], square = this.square[name];
      for (let i = 0; i < weight.length; i++) {
        const g = gradient[i] * cut;
        mean[i] += (g - mean[i]) * 0.1;
        square[i] += (g * g - square[i]) * 0.001;
        weight[i] -= size * mean[i] / (Math.sqrt(square[i]) + 1e-7);
      }
    }
  }
}

/** The Euclidean norm of each array of a set, by name. */
export function norms(arrays) {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => {
    let sum = 0;
    for (const value of array) sum += value * value;
    return [name, Math.sqrt(sum)];
  }));
}

/** The learning rate of step 0, 1, ...: up in a line over `warmup` steps, then along a cosine to 0 at `steps`;
 * steps 0 means that it stays at its peak. As `training.optimizer`. */
export function rateAt(step, { rate, warmup, steps }) {
  if (step < warmup) return rate / warmup + (rate - rate / warmup) * step / warmup;
  if (!steps) return rate;
  return rate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, (step - warmup) / (steps - warmup))));
}

/** The paper's loss, alpha l_1 + (1 - alpha) l_2 with the absolute error, and its gradient by result. */
export function lossOf(network, truth, alpha) {
  const { recursions, ensemble } = network.plan, gradients = new Map();
  let loss = 0;
  const count = (result, share) => {
    const output = network.output(result), factor = share / truth.length;
    const gradient = gradients.get(result) ?? new output.constructor(truth.length);
    for (let i = 0; i < truth.length; i++) {
      const error = output[i] - truth[i];
      loss += factor * Math.abs(error);
      gradient[i] += factor * Math.sign(error);
    }
    gradients.set(result, gradient);
  };
  for (const y_d of recursions) count(y_d, alpha / recursions.length);
  count(ensemble, 1 - alpha);
  return { loss, gradients };
}

/**
 * A training that is taken step by step.
 * settings: rate, warmup, steps, alpha, clip, seed, batch, patch. sharp: the picture to learn from; unseen: another.
 */
export class Training {
  constructor(plan, settings, sharp, unseen) {
    Object.assign(this, { plan, settings, taken: 0 });
    this.weights = start(plan, settings.seed);
    this.optimizer = new Adam(plan, settings.clip);
    this.draw = random(settings.seed + 0x9e3779b9);   // not the numbers that the weights were drawn from
    this.pair = degrade(sharp, plan.scale);
    this.test = degrade(unseen, plan.scale);
    this.network = new Network(plan, this.weights, settings.batch, settings.patch, settings.patch);
    this.eye = new Network(plan, this.weights, 1, this.test.y.height, this.test.y.width);
    this.bicubic = psnr(this.test.y, this.test.x, plan.scale);
  }

  /** One step: its number, loss, learning rate, and the norms of the gradients by name. */
  step() {
    const { batch, patch, alpha, clip } = this.settings;
    const { x, y } = patches(this.pair, batch, patch, this.plan.fold, this.draw);
    this.network.forward(x);
    const { loss, gradients } = lossOf(this.network, y, alpha);
    this.network.backward(gradients);
    const rate = rateAt(this.taken, this.settings);
    this.optimizer.step(this.weights, this.network.gradients, rate);
    return { step: ++this.taken, loss, rate, gradients: norms(this.network.gradients) };
  }

  /** The unseen picture through the network: y_1, ..., y_D and the ensemble, each with its PSNR in dB. */
  look() {
    const { x, y } = this.test;
    this.eye.forward(x.data.map((value) => value / 255));
    return [...this.plan.recursions, this.plan.ensemble].map((k) => {
      const picture = { ...y, data: this.eye.output(k).map((value) => value * 255) };
      return { picture, psnr: psnr(y, picture, this.plan.scale) };
    });
  }
}
