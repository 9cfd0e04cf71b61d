// The piece "cost": quality against cost; a network is picked and held against another (drcn_book/pieces/cost.py).
import { line, live, make, place, row, select, shape, signed } from "./controls.mjs";

const COSTS = { gmacs: ["multiply-adds (G)", "G"], parameters: ["parameters", "parameters"] };

export function show(data) {
  const root = place("cost");
  if (!root) return;
  const same = (names) => Object.fromEntries(names.map((name) => [name, name]));
  const names = Object.keys(Object.values(data)[0].gmacs.points).sort();
  const controls = {
    set: select("Pictures", same(Object.keys(data)), Object.keys(data)[0]),
    cost: select("Cost", Object.fromEntries(Object.entries(COSTS).map(([key, [name]]) => [key, name])), "gmacs"),
    network: select("Network", same(names), "compact-x2"),
    against: select("Held against", same(names), "c-dcscn-x2"),
  };
  const status = line(), drawing = shape("svg", { viewBox: "0 0 330 200", role: "img" });

  function draw() {
    const [set, cost, network, against] = Object.values(controls).map(({ value }) => value());
    const { points, frontier } = data[set][cost], all = Object.values(points);
    const range = (values) => [Math.min(...values), Math.max(...values)];
    const [cheap, dear] = range(all.map(([price]) => Math.log10(price))), [low, high] = range(all.map(([, psnr]) => psnr));
    const across = (price) => (48 + 265 * (Math.log10(price) - cheap) / (dear - cheap)).toFixed(1);
    const down = (psnr) => (172 - 145 * (psnr - low) / (high - low)).toFixed(1);
    const place = ([price, psnr]) => `${across(price)},${down(psnr)}`;
    const steps = Array.from({ length: Math.floor(dear) - Math.ceil(cheap) + 1 }, (_, k) => 10 ** (Math.ceil(cheap) + k));
    drawing.innerHTML = `<text x="5" y="12">PSNR on ${set}, dB</text>` +
      steps.map((price) => `<path class="grid" d="M${across(price)} 20V178"/><text x="${across(price)}" y="194" text-anchor="middle">` +
        `${price.toLocaleString("en", { notation: "compact" })}</text>`).join("") +
      [low, (low + high) / 2, high].map((psnr) => `<path class="grid" d="M42 ${down(psnr)}H322"/>` +
        `<text x="38" y="${Number(down(psnr)) + 4}" text-anchor="end">${psnr.toFixed(1)}</text>`).join("") +
      `<polyline class="line-2" points="${frontier.map((name) => place(points[name])).join(" ")}"/>`;
    for (const [name, [price, psnr, mine]] of Object.entries(points)) {
      const dot = shape("circle", { cx: across(price), cy: down(psnr), r: name === network || name === against ? 7 : 4.5,
        class: `${mine ? "" : "open "}ink-${name === network ? 0 : name === against ? 1 : 2}`, style: "cursor:pointer;pointer-events:all" },
        shape("title", {}, name));
      dot.addEventListener("click", () => {
        controls.network.set(name);
        controls.network.element.dispatchEvent(new Event("change"));
      });
      drawing.append(dot);
    }
    status.textContent = said(points, frontier, cost, network, against);
    drawing.setAttribute("aria-label", status.textContent);
  }

  /** One sentence about the two. */
  function said(points, frontier, cost, network, against) {
    const missing = [network, against].find((name) => !points[name]);
    if (missing) return `${missing} has no number for these pictures, or no known cost.`;
    const [price, psnr] = points[network], [other, less] = points[against];
    const times = price >= other ? price / other : other / price, gain = psnr - less;
    const much = times.toFixed(times < 10 ? 1 : 0), amount = price.toLocaleString("en", { minimumFractionDigits: Number(cost === "gmacs"), maximumFractionDigits: 1 });
    return `${network}: ${amount} ${COSTS[cost][1]}, ${psnr.toFixed(2)} dB` +
      `${frontier.includes(network) ? ", on the frontier" : ""}. Against ${against}: ` +
      `${price >= other ? `${much} times the cost` : `the cost divided by ${much}`}, ${signed(gain)} dB.`;
  }

  root.append(row(controls), status, make("figure", { className: "drcn-drawing" }, drawing, make("figcaption", {
    textContent: "Full: measured here. Rings: quoted. Orange: the network, violet: what it is held against. Green: the frontier, " +
      "those that nothing as cheap equals. Choose a dot or a name.",
  })));
  live("cost", root, controls, draw);
}
