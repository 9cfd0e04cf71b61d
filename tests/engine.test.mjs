// The page's engine by itself, run by Node's own test runner: node --test tests/engine.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { Network } from "../drcn_book/browser/engine.mjs";
import { products, total } from "../drcn_book/browser/convolution.mjs";
import { flow, shares } from "../drcn_book/browser/flow.mjs";
import { patches, random } from "../drcn_book/browser/pictures.mjs";
import { Adam, Training, lossOf, start } from "../drcn_book/browser/training.mjs";
import { cut, view } from "../drcn_book/browser/views.mjs";
import { response } from "../drcn_book/browser/waves.mjs";

// x, fold, convolution, ReLU, convolution, unfold, plus x; the sum with and without x for an ensemble
const plan = {
  scale: 2, fold: 2, filters: 3,
  convolutions: {
    first: { inputs: 4, outputs: 3, identity: false, spread: 1 },
    last: { inputs: 3, outputs: 4, identity: false, spread: 1 },
  },
  operations: [
    { kind: "fold", inputs: [0] },
    { kind: "convolution", inputs: [1], name: "first" },
    { kind: "relu", inputs: [2] },
    { kind: "convolution", inputs: [3], name: "last" },
    { kind: "unfold", inputs: [4] },
    { kind: "add", inputs: [0, 5] },
    { kind: "weighted_sum", inputs: [6, 5], name: "ensemble" },
  ],
  recursions: [6, 5], ensemble: 7,
};
const noise = (length, seed) => Float32Array.from({ length }, random(seed));
const picture = (height, width, seed) => ({ height, width, data: noise(height * width, seed).map((v) => Math.round(255 * v)) });
const settings = { rate: 0.01, warmup: 2, steps: 6, alpha: 0.5, clip: 0, seed: 1, batch: 2, patch: 8 };

test("the border of every value stays zero, so nothing is padded twice", () => {
  const network = new Network(plan, start(plan, 0), 2, 8, 6);
  network.forward(noise(96, 1));
  network.backward(lossOf(network, noise(96, 2), 0.5).gradients);
  for (const { batch, channels, height, width, plane, data, grad } of network.values)
    for (const block of grad ? [data, grad] : [data])
      for (let k = 0; k < batch * channels; k++)
        for (let row = 0; row < height + 2; row++)
          for (let i = 0; i < width + 2; i++)
            if (row % (height + 1) === 0 || i % (width + 1) === 0)
              assert.equal(block[k * plane + row * (width + 2) + i], 0);
});

test("a pixel changes what lies within the receptive field, and nothing else", () => {
  const network = new Network(plan, start(plan, 3), 1, 16, 16);
  const x = noise(256, 4);
  network.forward(x);
  const before = network.output(5);
  x[8 * 16 + 8] += 1;
  network.forward(x);
  // Two convolutions on cells of 2x2 pixels: two cells to each side of the pixel's own, rows and columns 4 to 13.
  network.output(5).forEach((value, i) => {
    const inside = [Math.floor(i / 16), i % 16].every((place) => place >= 4 && place < 14);
    assert.ok(inside || value === before[i]);
  });
  assert.notDeepEqual(network.output(5), before);
});

test("Adam's first step is the rate, against the sign of the gradient", () => {
  const weights = start(plan, 0), gradients = start(plan, 5), before = structuredClone(weights);
  new Adam(plan).step(weights, gradients, 0.01);
  for (const [name, array] of Object.entries(weights))
    array.forEach((value, i) => {
      const g = gradients[name][i];
      if (Math.abs(g) > 1e-2) assert.ok(Math.abs(value - before[name][i] + 0.01 * Math.sign(g)) < 1e-5);
    });
});

test("a training is a pure function of its settings, and the seed matters", () => {
  const run = (changes) => {
    const training = new Training(plan, { ...settings, ...changes }, picture(21, 32, 6), picture(18, 17, 7));
    return { losses: Array.from({ length: 6 }, () => training.step().loss), dB: training.look().map(({ psnr }) => psnr) };
  };
  assert.deepEqual(run({}), run({}));
  assert.notDeepEqual(run({}).losses, run({ seed: 2 }).losses);
});

test("the chosen numbers are even, and other seeds give others", () => {
  const numbers = noise(10000, 8), mean = numbers.reduce((a, b) => a + b) / numbers.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01 && numbers.every((value) => value >= 0 && value < 1));
  assert.notDeepEqual(noise(5, 8), noise(5, 9));
});

test("a picture exactly as large as a patch has one place", () => {
  const whole = picture(8, 8, 9);
  const { x, y } = patches({ x: whole, y: whole }, 3, 8, 2, random(0));
  const sorted = (array) => [...array].sort((a, b) => a - b);
  assert.deepEqual(x, y);
  for (let n = 0; n < 3; n++)
    assert.deepEqual(sorted(x.subarray(64 * n, 64 * n + 64)), sorted(whole.data.map((value) => value / 255)));
});

test("eight views: turned four times it is itself, mirrored twice too", () => {
  const square = Array.from({ length: 9 }, (_, i) => i);
  let turned = square;
  for (let turn = 0; turn < 4; turn++) turned = view(turned, 3, 1);
  assert.deepEqual(turned, square);
  assert.deepEqual(view(view(square, 3, 4), 3, 4), square);
  assert.deepEqual(view(square, 3, 1), [2, 5, 8, 1, 4, 7, 0, 3, 6]);
  assert.equal(new Set(Array.from({ length: 8 }, (_, v) => view(square, 3, v).join())).size, 8);
  const picture = { height: 4, width: 5, data: Array.from({ length: 20 }, (_, i) => i) };
  assert.deepEqual(cut(picture, 1, 2, 2), [7, 8, 12, 13]);
});

test("the parts of the gradient add up to the sums of the chapter", () => {
  const last = flow(0.6, shares(8, 8, 1), 0), every = flow(0.6, shares(8, 8, 1), 1);
  assert.ok(Math.abs(last.sum - 8 * 0.6 ** 7) < 1e-12);
  assert.ok(Math.abs(every.sum - [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, d) => sum + d * 0.6 ** (d - 1), 0) / 8) < 1e-12);
  assert.ok(Math.abs(shares(8, 3, 0.3).reduce((a, b) => a + b) - 1) < 1e-12);
});

test("a frequency the small picture can hold is kept by both ways, another comes back as its alias", () => {
  for (const second of [false, true]) assert.ok(Math.abs(response(0, second).kept - 1) < 1e-6);
  const { kept, alias } = response(3 / 8, true);   // its alias, 1/8, is what every second pixel shows
  assert.ok(kept < 0.1 && alias > 0.9 && response(3 / 8, false).alias < 0.1);
});

test("outside the picture there are zeros", () => {
  const ones = Array(25).fill(1), kernel = Array(9).fill(1);
  assert.equal(total(products(ones, kernel, 12)), 9);
  assert.equal(total(products(ones, kernel, 0)), 4);
  assert.equal(total(products(ones, kernel, 2)), 6);
});
