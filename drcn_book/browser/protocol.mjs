// The piece "protocol": boxes that move the PSNR of one and the same method (drcn_book/pieces/problem.py).
import { line, live, make, place, row, select, shape, signed, tick } from "./controls.mjs";

export function show({ methods, values, protocol }) {
  const root = place("protocol");
  if (!root) return;
  const controls = {
    colour: select("Compared", { Y: "luma (16 to 235)", full: "luma in full range", RGB: "red, green and blue" }, "Y"),
    kernel: select("Made smaller by", { float: "bicubic", MATLAB: "MATLAB's imresize", "8-bit": "bicubic, 8-bit files" }, "float"),
    rounded: tick("Output rounded", true),
    cut: tick("Border cut", true),
    grey: tick("Grey read as RGB", false),
    half: tick("Pictures of half the size", false),
  };
  const status = line(), drawing = make("div");
  const all = Object.values(values).flat(), least = Math.min(...all), most = Math.max(...all);
  const across = (psnr) => (20 + 290 * (psnr - least) / (most - least)).toFixed(1);

  function draw() {
    const now = values[Object.values(controls).map(({ value }) => value()).join(" ")];
    const steps = now.map((psnr, k) => psnr - values[protocol][k]);
    const said = methods.map((name, k) => `${name} ${now[k].toFixed(2)} dB (${signed(steps[k])})`);
    status.textContent = `${said.join(", ")}. The network leads by ${(now[1] - now[0]).toFixed(2)} dB.`;
    const rows = methods.map((name, k) => {
      const y = 40 + 56 * k, others = Object.values(values).map((pair) => `M${across(pair[k])} ${y - 7}v14`).join("");
      return `<text x="20" y="${y - 14}">${name}</text><path class="thin" d="${others}"/>` +
        `<path class="level" d="M${across(values[protocol][k])} ${y - 12}v24"/>` +
        `<circle class="ink-${k}" cx="${across(now[k])}" cy="${y}" r="6"/>`;
    });
    drawing.firstChild.innerHTML = rows.join("") + `<text x="20" y="130">${least.toFixed(1)} dB</text>` +
      `<text x="310" y="130" text-anchor="end">${most.toFixed(1)} dB</text>`;
    drawing.firstChild.setAttribute("aria-label", status.textContent);
  }

  drawing.append(shape("svg", { viewBox: "0 0 330 135", role: "img" }));
  root.append(row(controls), status, make("figure", { className: "drcn-drawing" }, drawing, make("figcaption", {
    textContent: "Each short line is what one of the protocols gives, the tall one the field's; the dot is yours.",
  })));
  live("protocol", root, controls, draw);
}
