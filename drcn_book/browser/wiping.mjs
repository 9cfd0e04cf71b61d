// The pieces "opening" and "crops": two versions of one picture under a wipe (drcn_book/pieces/wiping.py).
import { line, live, picture, place, row, select, tick, unpack } from "./controls.mjs";
import { wipe } from "./wipe.mjs";

export function show({ name, crops, chosen, tell }) {
  const root = place(name);
  if (!root) return;
  const versions = Object.keys(Object.values(crops)[0]);
  const same = (names) => Object.fromEntries(names.map((text) => [text, text]));
  const { height, width } = Object.values(crops)[0][versions[0]];
  const [left, right] = ["left", "right"].map((side) => picture(side, height, width));
  const parted = wipe(left.canvas, right.canvas);
  const controls = {
    crop: select("Photograph", same(Object.keys(crops)), Object.keys(crops)[0]),
    left: select("Left", same(versions), chosen[0]),
    right: select("Right", same(versions), chosen[1]),
    tell: tick("Tell the decibels", tell),
    at: parted,
  };
  const status = line();

  function draw() {
    const shown = [[left, controls.left], [right, controls.right]].map(([side, { value }]) => {
      const version = crops[controls.crop.value()][value()];
      const said = version.psnr && controls.tell.value() === "1" ? `${value()}, ${version.psnr.toFixed(2)} dB` : value();
      side.paint(unpack(version));
      side.say(said);
      return said;
    });
    status.textContent = `Left of the line: ${shown[0]}. Right of it: ${shown[1]}.`;
  }

  controls.crop.label.hidden = Object.keys(crops).length === 1;
  root.append(row(controls), status, parted.frame);
  live(name, root, controls, draw);
}
