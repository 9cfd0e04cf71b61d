// The piece "seeds": the curves of the ablations, seed by seed (drcn_book/pieces/supervision.py).
import { button, chart, line, live, make, place, row, select, signed } from "./controls.mjs";

export function show({ steps, questions }) {
  const root = place("seeds");
  if (!root) return;
  let seed = "0";
  const element = make("div", { className: "drcn-row", role: "group", "aria-label": "Seed" });
  const names = Object.fromEntries(Object.keys(questions).map((name) => [name, name]));
  const controls = {
    question: select("Question", names, Object.keys(names)[0]),
    seed: { element, label: element, value: () => seed, set: (text) => { if (/^\d$/.test(text)) seed = text; } },
  };
  const status = line(), curves = chart("PSNR on 20 held-out pictures, dB"), rows = make("tbody");
  const table = make("table", {}, make("caption", { textContent: "At the end, this seed and the mean over all" }),
    make("thead", {}, make("tr", {}, ...["Arm", "PSNR", "To the first", "Mean"].map((textContent) =>
      make("th", { scope: "col", textContent })))), rows);

  function draw() {
    const arms = questions[controls.question.value()], seeds = Object.keys(Object.values(arms)[0]);
    if (!seeds.includes(seed)) seed = seeds[0];
    if (element.children.length !== seeds.length) element.replaceChildren(...seeds.map((name) =>
      button(`Seed ${name}`, () => { seed = name; element.dispatchEvent(new Event("change")); })));
    [...element.children].forEach((made, k) => made.setAttribute("aria-pressed", seeds[k] === seed));
    const lines = Object.values(arms).map((found) => found[seed].map((psnr, k) => [steps[k], psnr]));
    curves.draw(lines, { end: steps.at(-1) });
    const last = (found, key) => found[key].at(-1), first = Object.values(arms)[0];
    rows.replaceChildren(...Object.entries(arms).map(([name, found], k) => {
      const mean = seeds.reduce((sum, key) => sum + last(found, key), 0) / seeds.length;
      const gain = k ? `${signed(last(found, seed) - last(first, seed))} dB` : "";
      return make("tr", { className: `line-${k}` }, make("th", { scope: "row", textContent: name }),
        ...[`${last(found, seed).toFixed(2)} dB`, gain, `${mean.toFixed(2)} dB`].map((textContent) => make("td", { textContent })));
    }));
    const [leader, other] = Object.keys(arms);
    const wins = seeds.filter((key) => last(first, key) > last(arms[other], key)).length;
    status.textContent = `Seed ${seed} of ${seeds.length}. "${leader}" ends above "${other}" in ${wins} of ${seeds.length} seeds.`;
  }

  root.append(row(controls), status, make("div", { className: "drcn-body" }, curves.element, table));
  live("seeds", root, controls, draw);
}
