// Reads cases as JSON from the standard input, runs them by the page's engine, and writes what came out.
import { readFileSync } from "node:fs";
import { Network } from "../drcn_book/browser/engine.mjs";
import * as pictures from "../drcn_book/browser/pictures.mjs";
import { Adam, lossOf, rateAt, start } from "../drcn_book/browser/training.mjs";

const plain = (arrays) => Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, [...array]]));
const picture = ({ height, width, data }) => ({ height, width, data: Float32Array.from(data) });

const TASKS = {
  /** Outputs and gradients for given weights, then steps of Adam on the same batch. */
  train({ plan, weights, x, y, batch, height, width, alpha, recipe, double }) {
    const Type = double ? Float64Array : Float32Array;
    const own = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, Type.from(values)]));
    const network = new Network(plan, own, batch, height, width, Type), truth = Type.from(y);
    const adam = new Adam(plan, recipe.clip, Type), losses = [];
    const pass = () => {
      network.forward(Type.from(x));
      const { loss, gradients } = lossOf(network, truth, alpha);
      network.backward(gradients);
      losses.push(loss);
    };
    pass();
    const first = {
      recursions: plan.recursions.map((k) => [...network.output(k)]),
      ensemble: [...network.output(plan.ensemble)],
      gradients: plain(network.gradients),
    };
    for (let step = 0; step < recipe.taken; step++) {
      if (step) pass();
      adam.step(own, network.gradients, rateAt(step, recipe));
    }
    return { ...first, losses, weights: plain(own) };
  },
  start: ({ plan, seed }) => plain(start(plan, seed)),
  rates: ({ recipe, steps }) => steps.map((step) => rateAt(step, recipe)),
  resize: ({ from, height, width }) => [...pictures.resize(picture(from), height, width).data],
  luma: ({ from }) => [...pictures.luma(from).data],
  psnr: ({ truth, output, border }) => pictures.psnr(picture(truth), picture(output), border),
  patches({ pair, count, side, fold, seed }) {
    const batch = pictures.patches({ x: picture(pair.x), y: picture(pair.y) }, count, side, fold, pictures.random(seed));
    return plain(batch);
  },
};

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(({ task, ...rest }) => TASKS[task](rest))));
