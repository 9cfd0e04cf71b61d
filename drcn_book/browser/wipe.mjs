// Two pictures in one place, parted by a line that the reader moves.
import { make, number } from "./controls.mjs";

/**
 * Left of the line lies `left`, right of it `right`: elements of one size, canvases or images. The line follows a
 * pointer that is pressed anywhere on them, a finger that moves sideways (up and down still scrolls the page), and the
 * arrow keys of the range. frame: the pictures, as wide as what it stands in; `label`: the range; `value`, `set` and
 * `element` are those of a control; `name` changes what the range is called.
 */
export function wipe(left, right, { name = "Where the line stands, %", at = 50 } = {}) {
  const range = number(name, { min: 0, max: 100, type: "range" }, at);
  const line = make("div", { style: "width:3px;margin-left:-1px;background:#fff;box-shadow:0 0 2px 1px #000;position:relative" });
  const frame = make("div", { className: "drcn-wipe", style: "display:grid;cursor:ew-resize;touch-action:pan-y;user-select:none" },
    left, right, line);
  for (const layer of [left, right, line]) layer.style.gridArea = "1 / 1";
  const move = () => {
    right.style.clipPath = `inset(0 0 0 ${range.value()}%)`;
    line.style.left = `${range.value()}%`;
  };
  const set = (text) => { range.set(text); move(); };
  const drag = (event) => {
    if (event.type === "pointerdown") frame.setPointerCapture(event.pointerId);
    else if (!frame.hasPointerCapture(event.pointerId)) return;
    const box = frame.getBoundingClientRect();
    set(Math.round(100 * (event.clientX - box.left) / box.width));
  };
  frame.addEventListener("pointerdown", drag);
  frame.addEventListener("pointermove", drag);
  frame.addEventListener("dragstart", (event) => event.preventDefault());   // a browser drags images otherwise
  frame.addEventListener("pointerup", () => range.element.dispatchEvent(new Event("change")));
  range.element.addEventListener("input", move);
  move();
  return { ...range, frame, set };
}
