// The worker of the piece "training": it trains, so that the page stays free. It is sent
//   { plan, settings, sharp, unseen, every }  to begin; sharp may be a file of the reader's
//   { take }                                  steps to take from now on; 0 pauses
//   { change }                                settings that may change on the way: rate, alpha
// and answers { ready }, { step }, { look } (every `every` steps, and when it comes to rest), { rest }, { problem }.
import { luma, resize } from "./pictures.mjs";
import { Training } from "./training.mjs";

const LONGEST = 384;   // pixels: the reader's picture is made no larger than this, and so it is sharp
let training, every, left = 0, running = false;

/** A picture as the page paints it: RGBA bytes. */
function painted({ height, width, data }) {
  const bytes = new Uint8ClampedArray(4 * data.length).fill(255);
  for (let i = 0; i < data.length; i++) bytes[4 * i] = bytes[4 * i + 1] = bytes[4 * i + 2] = data[i];
  return { height, width, bytes };
}

async function decode(file, smallest) {
  const bitmap = await createImageBitmap(file);
  const { height, width } = bitmap, shrink = Math.min(1, LONGEST / Math.max(height, width));
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const picture = luma(context.getImageData(0, 0, width, height));
  const small = resize(picture, Math.round(height * shrink), Math.round(width * shrink));
  if (Math.min(small.height, small.width) < smallest + 2)
    throw new Error(`${width}×${height} pixels are too few, or too narrow, for patches of ${smallest}×${smallest}`);
  small.data.forEach((value, i) => { small.data[i] = Math.min(255, Math.max(0, Math.round(value))); });
  return small;
}

function look() {
  const outputs = training.look().map(({ picture, psnr }) => ({ psnr, ...painted(picture) }));
  postMessage({ look: { step: training.taken, outputs } });
}

async function run() {
  running = true;
  let seen = training.taken;
  while (left > 0 && training.taken < training.settings.steps) {
    left--;
    const step = training.step();
    postMessage({ step });
    if (!Number.isFinite(step.loss)) break;
    if (step.step % every === 0) { look(); seen = step.step; }
    await new Promise((resolve) => setTimeout(resolve));   // hear what has been sent meanwhile
  }
  if (seen !== training.taken) look();
  left = 0;
  running = false;
  postMessage({ rest: { step: training.taken, done: training.taken >= training.settings.steps } });
}

async function begin({ plan, settings, sharp, unseen, every: interval }) {
  try {
    if (sharp instanceof Blob) sharp = await decode(sharp, settings.patch);
    training = new Training(plan, settings, sharp, unseen);
    every = interval;
    const { bicubic, test } = training;
    postMessage({ ready: { bicubic, input: painted(test.x), truth: painted(test.y), sharp: painted(sharp) } });
    look();
  } catch (error) {
    return postMessage({ problem: error.message || "it is no picture that this browser can read" });
  }
  if (left) run();   // asked for while a picture was being read
}

addEventListener("message", ({ data }) => {
  if (data.plan) begin(data);
  if (data.change && training) Object.assign(training.settings, data.change);
  if (data.take !== undefined) left = data.take;
  if (left && training && !running) run();
});
