// The piece "patches": a patch of a photograph and its eight views (drcn_book/pieces/patching.py).
import { line, live, make, number, picture, place, row, unpack } from "./controls.mjs";
import { cut, view } from "./views.mjs";

const MOST = 41;

export function show({ photograph }) {
  const root = place("patches");
  if (!root) return;
  const { height, width } = photograph, grey = unpack(photograph);
  const source = { height, width, data: grey.filter((_, i) => i % 4 === 0) };
  const range = (max, min = 0) => ({ min, max, type: "range" });
  const controls = {
    side: number("Side of the patch", range(MOST, 3), MOST),
    row: number("Row", range(height - 3), 50),
    column: number("Column", range(width - 3), 60),
  };
  const status = line(), whole = picture("The photograph; the patch is in the frame", height, width);
  const names = Array.from({ length: 8 }, (_, v) => v < 4 ? `${v}: turned by ${90 * v}°` : `${v}: view ${v - 4}, mirrored`);
  const gallery = make("div", { className: "drcn-gallery drcn-views", role: "group", "aria-label": "The eight views" });
  let views = [];

  function draw() {
    const side = controls.side.value();
    const top = Math.min(controls.row.value(), height - side), left = Math.min(controls.column.value(), width - side);
    const bytes = grey.slice();
    for (let k = -1; k <= side; k++)
      for (const [y, x] of [[top - 1, left + k], [top + side, left + k], [top + k, left - 1], [top + k, left + side]])
        if (y >= 0 && y < height && x >= 0 && x < width) bytes.set([255, 140, 0], 4 * (y * width + x));
    whole.paint(bytes);
    const square = cut(source, top, left, side);
    if (views[0]?.canvas.width !== side) {
      views = names.map((name) => picture(name, side, side));
      gallery.replaceChildren(...views.map(({ element }) => element));
    }
    const turned = names.map((_, v) => view(square, side, v));
    turned.forEach((values, v) => views[v].paint(Uint8ClampedArray.from(values.flatMap((value) => [value, value, value, 255]))));
    const places = (height - side + 1) * (width - side + 1), different = new Set(turned.map(String)).size;
    status.textContent = `Row ${top}, column ${left}: one of ${places.toLocaleString("en")} patches of ${side}×${side}, ` +
      `in ${different} different view${different === 1 ? "" : "s"}.`;
  }

  const drag = (event) => {
    if (event.type === "pointerdown") whole.canvas.setPointerCapture(event.pointerId);
    else if (!whole.canvas.hasPointerCapture(event.pointerId)) return;
    const box = whole.canvas.getBoundingClientRect(), half = controls.side.value() / 2;
    controls.row.set(Math.round(height * (event.clientY - box.top) / box.height - half));
    controls.column.set(Math.round(width * (event.clientX - box.left) / box.width - half));
    draw();
  };
  for (const kind of ["pointerdown", "pointermove"]) whole.canvas.addEventListener(kind, drag);
  whole.canvas.addEventListener("pointerup", () => controls.row.element.dispatchEvent(new Event("change")));
  root.append(row(controls), status, make("div", { className: "drcn-map" }, whole.element), gallery);
  live("patches", root, controls, draw);
}
