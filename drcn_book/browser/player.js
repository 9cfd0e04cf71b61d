function drcnPlayer(state) {
  const script = document.currentScript;
  const root = script ? script.parentElement
    : document.querySelector(".drcn-player:not([data-ready])");
  if (!root || root.dataset.ready) return;
  root.dataset.ready = "1";
  root.dataset.lmSuppressShortcuts = "true";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Slider through the recursions");

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const choice = (name, options) => {
    const select = make("select", {}, ...options.map(([value, text]) => make("option", { value, textContent: text })));
    return [make("label", { className: "drcn-choice" }, name + " ", select), select];
  };

  const last = state.labels.length - 1;
  const range = make("input", { type: "range", min: 0, max: last, step: 1, value: state.start });
  range.setAttribute("aria-label", "Recursion");
  const name = make("span", { className: "drcn-name" });
  const play = make("button", { type: "button", className: "drcn-play" });
  const [viewLabel, view] = choice("Show", Object.keys(state.views).map((key) => [key, key]));
  const [zoomLabel, zoom] = choice("Zoom", [1, 2, 3, 4, 6].map((times) => [times, times + "×"]));
  const picture = make("img", { className: "drcn-picture" });
  const frame = make("div", { className: "drcn-frame", tabIndex: 0 }, picture);
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "Picture; scroll it with the arrow keys when it is zoomed");
  const caption = make("p", { className: "drcn-caption" });
  const table = make("table", { className: "drcn-numbers" });
  const curve = root.querySelector(".drcn-curve");
  const svg = curve.querySelector("svg");
  const points = JSON.parse(svg.dataset.points);
  const marker = svg.querySelector(".marker");

  root.querySelector(".drcn-sheet").hidden = true;
  curve.hidden = false;
  root.append(
    make("div", { className: "drcn-controls" }, play, make("span", { className: "drcn-range" }, range, name),
      viewLabel, zoomLabel),
    make("div", { className: "drcn-body" },
      make("div", { className: "drcn-left" }, frame, caption),
      make("div", { className: "drcn-right" }, curve, table)));

  zoom.value = Math.max(1, Math.min(3, Math.floor((frame.clientWidth || 480) / state.width)));   // as large as fits

  function show() {
    const i = Number(range.value);
    const pictures = state.views[view.value];
    const numbers = Object.entries(state.numbers[i]);
    picture.src = pictures[Math.min(i, pictures.length - 1)];
    picture.alt = caption.textContent = state.captions[view.value][i] + ".";
    picture.style.width = state.width * Number(zoom.value) + "px";
    name.textContent = state.labels[i];
    range.setAttribute("aria-valuetext", [state.labels[i], ...numbers.map(([key, value]) => key + " " + value)].join(", "));
    table.replaceChildren(make("tbody", {}, ...numbers.map(([key, value]) =>
      make("tr", {}, make("th", { scope: "row", textContent: key }), make("td", { textContent: value })))));
    marker.setAttribute("cx", points[i][0]);
    marker.setAttribute("cy", points[i][1]);
  }

  let timer = null;
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
    play.setAttribute("aria-label", "Play through the recursions");
  }
  play.addEventListener("click", () => {
    if (timer) return stop();
    play.textContent = "❚❚ Stop";
    play.setAttribute("aria-label", "Stop playing");
    timer = setInterval(() => {
      if (!root.isConnected) return stop();
      range.value = (Number(range.value) + 1) % (last + 1);
      show();
    }, 700);
  });
  range.addEventListener("input", () => { stop(); show(); });
  // Notebook front ends take the arrow keys for themselves: answer them here and let them go no further.
  range.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -last, End: last }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    stop();
    range.value = Number(range.value) + step;
    show();
  });
  for (const [i, dot] of [...svg.querySelectorAll("circle:not(.marker)")].entries()) {
    dot.style.cursor = "pointer";
    dot.addEventListener("click", () => { stop(); range.value = i; show(); });
  }
  marker.style.pointerEvents = "none";    // it lies over a dot
  view.addEventListener("change", show);
  zoom.addEventListener("change", show);
  stop();
  show();
}
