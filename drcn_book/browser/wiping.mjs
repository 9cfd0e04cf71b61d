// The pieces "opening" and "crops": two versions of one picture under a wipe (drcn_book/pieces/wiping.py).
import { address, make, picture, place, select, unpack } from "./controls.mjs";
import { wipe } from "./wipe.mjs";

export function show({ name, crops, chosen }) {
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
    at: parted,
  };
  const status = make("p", { className: "drcn-status", role: "status" });

  function draw() {
    const shown = [[left, controls.left], [right, controls.right]].map(([side, { value }]) => {
      const version = crops[controls.crop.value()][value()];
      const said = version.psnr ? `${value()}, ${version.psnr.toFixed(2)} dB` : value();
      side.paint(unpack(version));
      side.say(said);
      return said;
    });
    status.textContent = `Left of the line: ${shown[0]}. Right of it: ${shown[1]}.`;
  }

  if (Object.keys(crops).length === 1) controls.crop.label.hidden = true;
  root.append(make("div", { className: "drcn-row" }, ...Object.values(controls).map(({ label }) => label)), status, parted.frame);
  const link = address(name, root, controls, draw);
  for (const { element } of Object.values(controls)) element.addEventListener("change", () => { link(); draw(); });
  draw();
}
