// The piece "field": which pixels of the output one pixel of the input can change (drcn_book/pieces/network.py).
import { line, live, make, number, picture, place, row, tick, unpack } from "./controls.mjs";
import { Network, zeros } from "./engine.mjs";

/**
 * A network whose kernels are all positive and whose biases are zero, so that no change is hidden by a closed ReLU or
 * cancelled. reached(row, column, d): the places of y_d that light up when one pixel of a black picture does.
 */
export function open(plan, height, width) {
  const weights = zeros(plan);
  for (const [name, { inputs }] of Object.entries(plan.convolutions)) weights[name + "/kernel"].fill(1 / (9 * inputs));
  const network = new Network(plan, weights, 1, height, width), black = new Float32Array(height * width);
  return {
    light(row, column) {
      network.forward(black.with(row * width + column, 1));
    },
    reached: (d) => network.output(plan.recursions[d - 1]).map((value) => value > 0),
  };
}

export function show({ plans, fields, photograph }) {
  const root = place("field");
  if (!root) return;
  const { height, width } = photograph, grey = unpack(photograph), most = fields["1"].length;
  const controls = {
    d: number("Recursion d", { min: 1, max: most, type: "range" }, 1),
    folded: tick("Folded: cells of 2×2 pixels", false),
    row: number("Row", { min: 0, max: height - 1, type: "range" }, height / 2),
    column: number("Column", { min: 0, max: width - 1, type: "range" }, width / 2),
  };
  const status = line(), view = picture("", height, width), networks = {};
  let lit = "";

  function draw() {
    const [d, row, column] = ["d", "row", "column"].map((key) => controls[key].value());
    const fold = controls.folded.value() === "1" ? 2 : 1, now = [fold, row, column].join();
    networks[fold] ??= open(plans[fold], height, width);
    if (now !== lit) networks[fold].light(row, column);
    lit = now;
    const reached = networks[fold].reached(d), bytes = grey.slice();
    const rows = new Set(), columns = new Set();
    reached.forEach((yes, i) => {
      if (!yes) return;
      rows.add(Math.floor(i / width));
      columns.add(i % width);
      [213, 94, 0].forEach((ink, c) => { bytes[4 * i + c] = 0.5 * bytes[4 * i + c] + 0.5 * ink; });
    });
    bytes.set([255, 255, 255], 4 * (row * width + column));
    view.paint(bytes);
    const field = fields[fold][d - 1];
    status.textContent = `The pixel at row ${row}, column ${column} changes ${rows.size}×${columns.size} pixels of y${String.fromCharCode(0x2080 + d)}. ` +
      `An output pixel sees ${field}×${field}.`;
    view.say("White: the pixel. Orange: all that it can change; outside nothing changes.");
  }

  const drag = (event) => {
    if (event.type === "pointerdown") view.canvas.setPointerCapture(event.pointerId);
    else if (!view.canvas.hasPointerCapture(event.pointerId)) return;
    const box = view.canvas.getBoundingClientRect();
    controls.row.set(Math.floor(height * (event.clientY - box.top) / box.height));
    controls.column.set(Math.floor(width * (event.clientX - box.left) / box.width));
    draw();
  };
  view.canvas.addEventListener("pointerdown", drag);
  view.canvas.addEventListener("pointermove", drag);
  view.canvas.addEventListener("pointerup", () => controls.row.element.dispatchEvent(new Event("change")));
  root.append(row(controls), status, make("div", { className: "drcn-map" }, view.element));
  live("field", root, controls, draw);
}
