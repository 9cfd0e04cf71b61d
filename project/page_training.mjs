// A training as the page does it: the case as JSON from the standard input, what came of it to the standard output.
import { readFileSync } from "node:fs";
import { Training } from "../drcn_book/browser/training.mjs";

const picture = ({ height, width, data }) => ({ height, width, data: Float32Array.from(data) });

const run = ({ plan, settings, sharp, unseen, every, until }) => {
  const training = new Training(plan, settings, picture(sharp), picture(unseen));
  const look = () => ({ step: training.taken, outputs: training.look().map(({ psnr }) => psnr) });
  const seen = [look()];
  let busy = 0, loss;
  while (training.taken < until) {
    const before = process.cpuUsage();
    ({ loss } = training.step());
    busy += process.cpuUsage(before).user / 1e3;
    if (training.taken % every === 0) seen.push(look());
  }
  return { bicubic: training.bicubic, seen, loss, milliseconds: busy / until };
};

process.stdout.write(JSON.stringify(run(JSON.parse(readFileSync(0, "utf8")))));
