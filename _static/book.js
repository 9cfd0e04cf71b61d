// Widgets without a kernel, inside this theme (loaded on every page, before the scripts it prepares for).

// ipywidgets sets its labels through MathJax 2's queue; the page has MathJax 3.
document.addEventListener("DOMContentLoaded", () => {
  const mathjax = window.MathJax;
  if (!mathjax?.startup || mathjax.Hub) return;
  const typeset = ([, , element]) => mathjax.startup.promise.then(() => mathjax.typesetPromise([element]));
  mathjax.Hub = { Queue: typeset };
});

// An option (`--scale`) or a short name with a hyphen (`compact-x2`) is not broken at its hyphens (book.css).
document.addEventListener("DOMContentLoaded", () => {
  for (const name of document.querySelectorAll("article code.literal .pre")) {
    const text = name.textContent;
    if (text.startsWith("-") || (text.includes("-") && text.length <= 24)) name.classList.add("whole");
  }
});

// Tables of names and sentences: names break after a dot, a stroke or an underscore; cells know their columns (book.css).
document.addEventListener("DOMContentLoaded", () => {
  for (const name of document.querySelectorAll("td code .pre")) {
    name.innerHTML = name.innerHTML.replace(/[._/]/g, "$&<wbr>");
  }
  for (const table of document.querySelectorAll("article table")) {
    const columns = [...table.querySelectorAll("th")].map((cell) => cell.textContent);
    const cells = [...table.querySelectorAll("td")];
    if (columns.length < 3 || !cells.some((cell) => cell.textContent.length > 60)) continue;
    table.classList.add("of-sentences");
    if (columns.length > 3 && table.querySelector("td:nth-child(3) code")) table.classList.add("of-names");
    for (const row of table.rows) [...row.cells].forEach((cell, i) => { cell.dataset.column = columns[i]; });
  }
});
