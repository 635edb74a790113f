// The board by arrow keys: one stop for Tab, arrows between cells, Shift to choose a row of nights. Every page works
// without this file.
(() => {
  "use strict";

  const CONTROL = "a[href], input[type=checkbox]";
  const table = () => document.querySelector("table.board");
  const controlOf = (cell) => cell && cell.querySelector(CONTROL);
  const cells = (row) => [...row.querySelectorAll(":scope > td")];
  const rows = () => [...table().querySelectorAll("tbody tr")].filter((row) => cells(row).some(controlOf));
  const start = (cell) => cells(cell.parentElement).slice(0, cell.cellIndex - 1).reduce((sum, one) => sum + one.colSpan, 0);
  const at = (row, column) => cells(row).find((cell) => start(cell) <= column && column < start(cell) + cell.colSpan);

  const rove = (control) => {
    for (const one of table().querySelectorAll(`td :is(${CONTROL})`)) one.tabIndex = one === control ? 0 : -1;
  };

  const count = () => {
    const told = document.getElementById("board-count");
    if (!told) return;
    const chosen = document.querySelectorAll("table.board input:checked").length;
    told.textContent = chosen ? `${chosen}泊を選んでいます` : "まだ選んでいません";
  };

  const begin = () => {
    if (!table()) return;
    document.documentElement.classList.add("is-scripted");
    rove(controlOf(table().querySelector(`td:has(${CONTROL})`)));
    count();
  };

  const beside = (cell, step) => {
    const row = cells(cell.parentElement);
    let next = row.indexOf(cell) + step;
    while (row[next] && !controlOf(row[next])) next += step;
    return row[next];
  };

  const across = (cell, step) => {
    const all = rows();
    let next = all.indexOf(cell.parentElement) + step;
    while (all[next] && !controlOf(at(all[next], start(cell)))) next += step;
    return all[next] && at(all[next], start(cell));
  };

  const ends = (cell, last) => {
    const usable = cells(cell.parentElement).filter(controlOf);
    return usable[last ? usable.length - 1 : 0];
  };

  const target = (key, cell) => {
    // Where the table is a list, its days stand one below the other.
    const listed = getComputedStyle(table()).display !== "table";
    switch (key) {
      case "ArrowLeft": return beside(cell, -1);
      case "ArrowRight": return beside(cell, 1);
      case "ArrowUp": return listed ? beside(cell, -1) : across(cell, -1);
      case "ArrowDown": return listed ? beside(cell, 1) : across(cell, 1);
      case "Home": return ends(cell, false);
      case "End": return ends(cell, true);
      default: return null;
    }
  };

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest("table.board td");
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && event.target.matches("input")) {
      // Not the form's first button by accident.
      event.preventDefault();
      event.target.click();
      return;
    }
    const next = target(event.key, cell);
    if (!next) return;
    event.preventDefault();
    const control = controlOf(next);
    if (event.shiftKey && next.parentElement === cell.parentElement) {
      for (const one of [event.target, control]) if (one.matches("input")) one.checked = true;
      count();
    }
    rove(control);
    control.focus();
    control.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest("table.board input[type=checkbox]");
    if (!box) return;
    if (event.shiftKey && last && last.closest("tr") === box.closest("tr")) {
      const row = cells(box.closest("tr")).map(controlOf);
      const [from, to] = [row.indexOf(last), row.indexOf(box)].sort((one, other) => one - other);
      for (const one of row.slice(from, to + 1)) if (one && one.matches("input")) one.checked = box.checked;
    }
    last = box;
    rove(box);
    count();
  });

  addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", begin);
})();
