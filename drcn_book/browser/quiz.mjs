// The piece "quiz": pictures that the reader gives their names (drcn_book/pieces/quiz.py).
import { button, line, make, picture, place, select, unpack } from "./controls.mjs";

export function show({ name, names, cards }) {
  const root = place(name);
  if (!root) return;
  const options = Object.fromEntries(["?", ...names].map((text) => [text, text]));
  const made = cards.map(({ letter, answer, shown, error }) => {
    const [above, below] = [shown, error].map((bytes) => {
      const view = picture(letter, bytes.height, bytes.width);
      view.paint(unpack(bytes));
      return view;
    });
    below.say(`error of ${letter}`);
    const choice = select(`${letter} is`, options, "?");
    choice.element.addEventListener("change", () => { above.say(letter); status.textContent = ""; });
    return { letter, answer, choice, above, element: make("div", {}, above.element, below.element, choice.label) };
  });
  const status = line();

  function check() {
    const right = made.filter(({ answer, choice }) => choice.value() === answer);
    for (const card of made) card.above.say(`${card.letter}: ${right.includes(card) ? "right" : "not yet"}`);
    const which = right.length ? `: ${right.map(({ letter }) => letter).join(", ")}` : "";
    status.textContent = `${right.length} of ${made.length} are right${which}.`;
  }
  function solve() {
    for (const { answer, choice } of made) choice.set(answer);
    check();
  }

  root.append(make("div", { className: "drcn-gallery drcn-cards" }, ...made.map(({ element }) => element)),
    make("div", { className: "drcn-row" }, button("Check", check), button("Show the answers", solve)), status);
}
