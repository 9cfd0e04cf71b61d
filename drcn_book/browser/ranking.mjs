// The piece "ranking": three errors, ranked before anything is told of them (drcn_book/pieces/problem.py).
import { button, line, live, make, picture, place, row, select, unpack } from "./controls.mjs";

const LETTERS = ["A", "B", "C"], HEADER = ["Picture", "Your place", "What was done", "PSNR, dB", "SSIM"];

export function show(photographs) {
  const root = place("ranking");
  if (!root) return;
  const names = Object.fromEntries(Object.keys(photographs).map((name) => [name, name]));
  const { height, width } = Object.values(photographs)[0].truth;
  const status = line(), rows = make("tbody"), element = make("div", { className: "drcn-gallery" });
  let order = "";
  // The ranking as one control, the nearest first, so that it stands in the page's address.
  const controls = {
    photograph: select("Photograph", names, Object.keys(names)[0]),
    order: { element, value: () => order, set: (text) => { if (new Set(text).size === text.length && /^[A-C]*$/.test(text)) order = text; } },
  };
  const change = (text) => { order = text; element.dispatchEvent(new Event("change")); };
  const choose = (letter) => { if (!order.includes(letter)) change(order + letter); };
  const views = ["truth", ...LETTERS].map((name) => picture(name, height, width));
  const buttons = LETTERS.map((letter) => button("", () => choose(letter)));
  LETTERS.forEach((letter, k) => {
    views[k + 1].element.append(buttons[k]);
    views[k + 1].canvas.style.cursor = "pointer";
    views[k + 1].canvas.addEventListener("click", () => choose(letter));
  });
  const again = button("Rank anew", () => { change(""); buttons[0].focus(); });
  const tell = button("And what says SSIM?", () => { told.hidden = false; tell.hidden = true; again.focus(); });
  const told = make("table", {}, make("thead", {}, make("tr", {}, ...HEADER.map((textContent) =>
    make("th", { scope: "col", textContent })))), rows);

  function draw() {
    const { truth, versions } = photographs[controls.photograph.value()], ranked = order.length === LETTERS.length;
    [truth, ...versions].forEach((version, k) => views[k].paint(unpack(version)));
    buttons.forEach((made, k) => {
      const at = order.indexOf(LETTERS[k]);
      made.textContent = at < 0 ? "choose" : `place ${at + 1}`;
      made.setAttribute("aria-label", `${LETTERS[k]}: ${made.textContent}`);
      made.setAttribute("aria-pressed", at >= 0);
    });
    again.hidden = !order;
    tell.hidden = !ranked;
    told.hidden = true;
    const which = ["nearest to the truth", "next nearest", "farthest from it"][order.length];
    status.textContent = !ranked ? `Which picture is ${which}? Choose it.` :
      `You say ${[...order].join(", ")}. PSNR finds no difference: each has ${versions[0].psnr.toFixed(2)} dB.`;
    if (ranked) rows.replaceChildren(...versions.map(({ done, psnr, ssim }, k) => make("tr", {},
      make("th", { scope: "row", textContent: LETTERS[k] }),
      ...[order.indexOf(LETTERS[k]) + 1, done, psnr.toFixed(2), ssim.toFixed(3)].map((textContent) => make("td", { textContent })))));
  }

  controls.photograph.element.addEventListener("change", () => { order = ""; });   // a new one is ranked anew
  element.append(...views.map((view) => view.element));
  root.append(row({ photograph: controls.photograph }), status, element,
    make("div", { className: "drcn-row", style: "margin:0.6rem 0" }, tell, again), told);
  live("ranking", root, controls, draw);
}
