// What browser/brightness.mjs makes of the cases on standard input: a JSON list of { y, x, low, width, height, scale }.
import { clipped } from "../drcn_book/browser/brightness.mjs";

let text = "";
for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map(({ y, x, low, width, height, scale }) =>
  Array.from(clipped(Float32Array.from(y), Float32Array.from(x), low, { width, height }, scale)))));
