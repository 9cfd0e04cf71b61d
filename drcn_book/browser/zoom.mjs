// A frame that scrolls what it holds, as large as the reader wants it.
import { make, select } from "./controls.mjs";

/**
 * stage: one or more pictures of one size on each other, so that they are zoomed and scrolled together; width(): that
 * of the picture in pixels. The size is chosen, or changed by + and -, or by Ctrl and the wheel; what is in the middle
 * stays there. `fit` takes the largest size that needs no scrolling.
 */
export function zoomed(stage, label, width) {
  const frame = make("div", { className: "drcn-frame", tabIndex: 0, role: "group", "aria-label": label }, stage);
  const choice = select("Zoom", Object.fromEntries([1, 2, 3, 4, 6, 8].map((times) => [times, `${times}×`])), 1);
  const { element } = choice;
  const apply = () => {
    const across = (frame.scrollLeft + frame.clientWidth / 2) / (stage.clientWidth || 1);
    const down = (frame.scrollTop + frame.clientHeight / 2) / (stage.clientHeight || 1);
    stage.style.width = `${width() * Number(choice.value())}px`;
    frame.scrollTo(across * stage.clientWidth - frame.clientWidth / 2, down * stage.clientHeight - frame.clientHeight / 2);
  };
  const step = (by) => {
    element.selectedIndex = Math.min(element.length - 1, Math.max(0, element.selectedIndex + by));
    apply();
  };
  element.addEventListener("change", apply);
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
  const fit = () => {
    choice.set([8, 6, 4, 3, 2].find((times) => width() * times <= frame.clientWidth) ?? 1);
    apply();
  };
  return { ...choice, frame, fit, apply };
}
