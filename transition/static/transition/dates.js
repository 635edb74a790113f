// Says at once which date or time was understood, and opens the browser's calendar beside the text box.
// Reads what transition/domain/wareki.py reads; what it does not understand it leaves to the server's answer.
(() => {
  "use strict";

  const ERAS = [
    ["令和", "R", "2019-05-01", "9999-12-31"],
    ["平成", "H", "1989-01-08", "2019-04-30"],
    ["昭和", "S", "1926-12-25", "1989-01-07"],
    ["大正", "T", "1912-07-30", "1926-12-25"],
    ["明治", "M", "1868-01-25", "1912-07-30"],
  ];
  const DATE = /^(令和|平成|昭和|大正|明治|[令平昭大明RHSTM])?\s*(元|[0-9]{1,4})\s*(?:年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日|([-/.])\s*([0-9]{1,2})\s*\5\s*([0-9]{1,2}))\s*(?:\(\s*([月火水木金土日])(?:曜日?)?\s*\)|([月火水木金土日])曜日?)?$/;
  const TIME = /^(午前|午後)?\s*(?:([0-9]{1,2})\s*:\s*([0-9]{2})(?::00)?|([0-9]{1,2})\s*時\s*(?:([0-9]{1,2})\s*分|(半))?|([0-9]{3,4}))$/;
  const WEEKDAYS = "日月火水木金土";
  const ICON = "M7 3v3M17 3v3M4 9h16M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z";

  const plain = (text) => text.replace(/\p{Cf}/gu, "").normalize("NFKC").trim();
  const two = (number) => String(number).padStart(2, "0");

  const realDate = (year, month, day) => {
    const date = new Date(Date.UTC(year, month - 1, day));
    const right = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    return right && year >= 1900 && year <= 2100 ? `${year}-${two(month)}-${two(day)}` : "";
  };

  // 2026-12-02 for a date that can be read, else "".
  const readDate = (text) => {
    const written = plain(text).replace(/[ー‐‑–—−]/g, "-").toUpperCase();
    const digits = /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(written);
    if (digits) return realDate(Number(digits[1]), Number(digits[2]), Number(digits[3]));
    const found = written.length <= 100 && DATE.exec(written);
    if (!found) return "";
    const month = Number(found[3] || found[6]);
    const day = Number(found[4] || found[7]);
    let date = "";
    if (found[1]) {
      const [, , first, last] = ERAS.find((era) => [era[0], era[0][0], era[1]].includes(found[1]));
      const year = found[2] === "元" ? 1 : Number(found[2]);
      date = year ? realDate(Number(first.slice(0, 4)) + year - 1, month, day) : "";
      if (date < first || date > last) return "";
    } else if (/^[0-9]{4}$/.test(found[2])) {
      date = realDate(Number(found[2]), month, day);
    }
    const weekday = found[8] || found[9];
    return date && weekday && weekday !== WEEKDAYS[new Date(date).getUTCDay()] ? "" : date;
  };

  const said = (date) => {
    const [year, month, day] = date.split("-").map(Number);
    const era = ERAS.find(([, , first]) => date >= first);
    const count = year - Number(era[2].slice(0, 4)) + 1;
    return `${era[0]}${count === 1 ? "元" : count}年${month}月${day}日（${WEEKDAYS[new Date(date).getUTCDay()]}）`;
  };

  // 15:00 for a time that can be read, else "".
  const readTime = (text) => {
    const written = plain(text);
    if (written === "正午") return "12:00";
    const found = TIME.exec(written);
    if (!found) return "";
    let hour = Number(found[7] ? found[7].slice(0, -2) : found[2] || found[4]);
    const minute = found[6] ? 30 : Number(found[7] ? found[7].slice(-2) : found[3] || found[5] || 0);
    if (found[1]) {
      if (hour > 11) return "";
      hour += found[1] === "午後" ? 12 : 0;
    }
    return hour > 23 || minute > 59 ? "" : `${hour}:${two(minute)}`;
  };

  const understood = (input) => {
    if (input.hasAttribute("data-date")) {
      const date = readDate(input.value);
      return date && `${said(date)}と読みました`;
    }
    const time = readTime(input.value);
    return time && time !== input.value.trim() ? `${time}と読みました` : "";
  };

  const tell = (input) => {
    const text = understood(input);
    const field = input.closest(".field");
    let hint = field && field.querySelector(".date-read");
    if (!field || (!hint && !text)) return;
    if (!hint) {
      hint = document.createElement("p");
      hint.className = "field-hint date-read";
      hint.setAttribute("aria-live", "polite");
      field.append(hint);
    }
    if (hint.textContent !== text) hint.textContent = text;
  };

  const addPicker = (input) => {
    const field = input.closest(".field");
    if (!field || input.readOnly || input.disabled || !("showPicker" in HTMLInputElement.prototype)) return;
    const native = document.createElement("input");
    native.type = "date";
    native.tabIndex = -1;
    native.className = "date-native";
    native.setAttribute("aria-hidden", "true");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "date-pick";
    const label = document.createElement("span");
    label.className = "visually-hidden";
    const name = field.querySelector("label");
    label.textContent = `カレンダーで選ぶ：${name ? name.firstChild.textContent.trim() : ""}`;
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICON);
    icon.append(path);
    button.append(icon, label);
    button.addEventListener("click", () => {
      native.value = readDate(input.value);
      native.showPicker();
    });
    native.addEventListener("change", () => {
      input.value = native.value;
      for (const type of ["input", "change"]) input.dispatchEvent(new Event(type, { bubbles: true }));
      button.focus();
    });
    input.after(button, native);
  };

  const prepare = (root) => {
    for (const input of root.querySelectorAll("input[data-date]:not([data-ready])")) {
      input.dataset.ready = "";
      addPicker(input);
    }
  };

  let timer = 0;
  document.addEventListener("input", (event) => {
    if (!event.target.matches("input[data-date], input[data-time]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => tell(event.target), 300);
  });
  addEventListener("DOMContentLoaded", () => prepare(document));
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
})();
