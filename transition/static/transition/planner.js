// Dragging an outing to another day, by mouse or by keyboard. It sends the form of "動かす"; what that refuses, its
// own page shows. Every page works without this file.
(() => {
  "use strict";

  const form = document.getElementById("plan-drop");
  if (!form) return;
  let held = null;
  let target = null;

  const days = () => [...document.querySelectorAll(".plan-day:not(.is-past)")];
  const chipOf = (event) => event.target.closest(".plan-chip[data-move]");
  const dayOf = (element) => element.closest(".plan-day[data-date]");
  const say = (text) => document.dispatchEvent(new CustomEvent("say", { detail: { value: text } }));
  const spoken = (day) => {
    const [, month, date] = day.dataset.date.split("-").map(Number);
    return `${month}月${date}日（${day.querySelector(".plan-weekday").textContent}）`;
  };

  const mark = (day) => {
    if (target) target.classList.remove("is-target");
    target = day;
    if (day) day.classList.add("is-target");
  };

  const shifted = (date, from, to) => {
    const days = Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
    return new Date(Date.parse(date) + days * 86400000).toISOString().slice(0, 10);
  };

  const drop = (chip, day) => {
    const { move, on, starts, ends, endsOn } = chip.dataset;
    if (day.dataset.date === on) return;
    form.action = move;
    form.elements.on.value = day.dataset.date;
    form.elements.starts.value = starts;
    form.elements.ends.value = ends;
    form.elements.ends_on.value = endsOn === on ? "" : shifted(endsOn, on, day.dataset.date);
    form.submit();
  };

  const letGo = () => {
    if (held) held.classList.remove("is-held");
    held = null;
    mark(null);
  };

  document.addEventListener("dragstart", (event) => {
    held = chipOf(event);
    if (!held) return;
    held.classList.add("is-held");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", held.textContent.trim());
  });
  document.addEventListener("dragover", (event) => {
    const day = held && dayOf(event.target);
    if (!day || day.classList.contains("is-past")) return;
    event.preventDefault();
    mark(day);
  });
  document.addEventListener("drop", (event) => {
    const day = held && dayOf(event.target);
    if (!day || day.classList.contains("is-past")) return;
    event.preventDefault();
    const chip = held;
    letGo();
    drop(chip, day);
  });
  document.addEventListener("dragend", letGo);

  document.addEventListener("keydown", (event) => {
    const chip = chipOf(event);
    if (!chip) return;
    if (event.key === " ") {
      event.preventDefault();
      if (held) {
        letGo();
        say("もとの日にもどしました");
        return;
      }
      held = chip;
      chip.classList.add("is-held");
      mark(dayOf(chip));
      say("持ちました。上下の矢印で日を選び、エンターで置きます。エスケープでやめます");
    } else if (held && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      const all = days();
      const next = all[all.indexOf(target) + (event.key === "ArrowDown" ? 1 : -1)];
      if (!next) return;
      mark(next);
      next.scrollIntoView({ block: "nearest" });
      say(spoken(next));
    } else if (held && event.key === "Enter") {
      event.preventDefault();
      const day = target;
      letGo();
      if (day) drop(chip, day);
    } else if (held && event.key === "Escape") {
      letGo();
      say("やめました");
    }
  });
  // Going elsewhere lets go; the page only losing its window does not.
  document.addEventListener("focusout", (event) => {
    if (held && event.relatedTarget) letGo();
  });
})();
