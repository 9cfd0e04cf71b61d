// What browser/choice.mjs chooses for pictures on standard input: a JSON list of { width, height, pixels, bytes }.
import { choose, LIMITS } from "../drcn_book/browser/choice.mjs";

let text = "";
for await (const part of process.stdin) text += part;
const decoded = (base64) => base64 === null ? null : new Uint8Array(Buffer.from(base64, "base64"));
console.log(JSON.stringify({
  limits: LIMITS,
  choices: JSON.parse(text).map(({ width, height, pixels, bytes }) =>
    choose(decoded(pixels), width, height, decoded(bytes))),
}));
