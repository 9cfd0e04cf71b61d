// A wipe over two pictures that lie on each other: the upper one is seen left of a line. Both are in one stage, so that
// they are zoomed and scrolled together.
import { make } from "./controls.mjs";

/**
 * under, over: two canvases or images of one size. Returns the stage, a slider for keys (`range`), and `set(percent)`.
 * The line is dragged with mouse or finger; elsewhere a finger scrolls the frame.
 */
export function wipe(under, over, name) {
  const range = make("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": name });
  const line = make("div", { className: "drcn-line", title: name });
  const stage = make("div", { className: "drcn-stage" }, under, over, line);
  over.classList.add("drcn-over");
  const set = (percent) => {
    range.value = percent;
    over.style.clipPath = `inset(0 ${100 - range.value}% 0 0)`;
    line.style.left = `${range.value}%`;
  };
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
    line.onpointermove = ({ clientX }) => {
      const { left, width } = stage.getBoundingClientRect();
      set(100 * (clientX - left) / width);
    };
  });
  for (const end of ["pointerup", "pointercancel"]) line.addEventListener(end, () => { line.onpointermove = null; });
  range.addEventListener("input", () => set(range.value));
  set(50);
  return { stage, range, line, set };
}

/** A frame that scrolls its stage, zoomed by a choice, by + and -, or by Ctrl and the wheel; the middle stays put. */
export function zoomed(stage, label, pixels) {
  const frame = make("div", { className: "drcn-frame", tabIndex: 0, role: "group", "aria-label": label }, stage);
  const choice = make("select", {}, ...[1, 2, 3, 4, 6, 8].map((times) => make("option", { value: times, textContent: `${times}×` })));
  const apply = () => {
    const across = (frame.scrollLeft + frame.clientWidth / 2) / (stage.clientWidth || 1);
    const down = (frame.scrollTop + frame.clientHeight / 2) / (stage.clientHeight || 1);
    stage.style.width = `${pixels() * Number(choice.value)}px`;
    frame.scrollTo(across * stage.clientWidth - frame.clientWidth / 2, down * stage.clientHeight - frame.clientHeight / 2);
  };
  const step = (by) => {
    choice.selectedIndex = Math.min(choice.length - 1, Math.max(0, choice.selectedIndex + by));
    apply();
  };
  choice.addEventListener("change", apply);
  frame.addEventListener("keydown", (event) => {
    const by = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    step(by);
  });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    step(event.deltaY < 0 ? 1 : -1);
  }, { passive: false });
  return { frame, choice, apply };
}
