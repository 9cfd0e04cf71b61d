// Widgets without a kernel, inside this theme (loaded on every page, before the scripts it prepares for).

// The theme turns each icon element into a drawing; ipywidgets' player keeps hold of its icon elements, so the
// drawing goes inside them instead (book.css hides it: the player brings the icon font).
window.FontAwesomeConfig = { autoReplaceSvg: "nest" };

// ipywidgets sets its labels through MathJax 2's queue; the page has MathJax 3.
document.addEventListener("DOMContentLoaded", () => {
  const mathjax = window.MathJax;
  if (!mathjax?.startup || mathjax.Hub) return;
  const typeset = ([, , element]) => mathjax.startup.promise.then(() => mathjax.typesetPromise([element]));
  mathjax.Hub = { Queue: typeset };
});
