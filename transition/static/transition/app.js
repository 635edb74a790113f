// What htmx cannot know: where the focus belongs after a swap, what to say aloud, and what to do when sending fails.
// Every page works without this file.
(() => {
  "use strict";

  const HEADINGS = "h1, h2, h3, legend, caption";
  const CONTROLS = "input:not([type=hidden]), select, textarea, button, a[href]";
  let last = null;
  let submitter = null;

  const byId = (id) => document.getElementById(id);

  const focusOn = (element) => {
    if (!element) return;
    if (!element.matches(CONTROLS) && !element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
    element.focus();
  };

  const say = (text) => {
    const live = byId("live");
    if (!live || !text) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 100);
  };

  const firstError = (root) => {
    const summary = root.querySelector(".error-summary");
    if (summary) return summary;
    const field = root.querySelector(".field-invalid");
    return field && field.querySelector(CONTROLS);
  };

  // What a page sends by itself takes no focus: nobody asked for it just now.
  const isQuiet = (event) => {
    const by = event.detail.requestConfig ? event.detail.requestConfig.elt : event.detail.elt;
    return Boolean(by) && by.hasAttribute("data-quiet");
  };

  const hasFocus = () => {
    const active = document.activeElement;
    return Boolean(active) && active !== document.body && active !== document.documentElement;
  };

  // After a swap the focus must not fall back to the top of the page, and must not leave a field someone types in.
  document.addEventListener("htmx:afterSettle", (event) => {
    const root = event.detail.elt.isConnected ? event.detail.elt : byId(event.detail.target && event.detail.target.id);
    if (!root || isQuiet(event)) return;
    const failed = event.detail.xhr && [409, 422].includes(event.detail.xhr.status);
    if (failed) {
      focusOn(firstError(root) || root.querySelector(".problems, [role=alert]") || root);
    } else if (!hasFocus()) {
      focusOn(root.querySelector("[autofocus]") || root.querySelector(HEADINGS) || root);
    }
  });

  // HX-Trigger-After-Settle: {"focus": "#id"} names the place; HX-Trigger: {"say": "…"} is read aloud.
  document.addEventListener("focus", (event) => {
    if (event instanceof CustomEvent && event.detail) focusOn(document.querySelector(event.detail.value));
  });
  document.addEventListener("say", (event) => say(event.detail && event.detail.value));

  // Errors of the line or the server: the form stays as it is, and can be sent again (the same key, so one effect).
  const complain = (event, kind) => {
    const banner = byId("network");
    if (!banner) return;
    if (isQuiet(event)) {
      const state = event.detail.elt.hasAttribute("hx-post") && byId("draft-state");
      if (state) state.textContent = "いまは下書きを保存できません。書いたものは画面に残っています。";
      return;
    }
    last = event.detail.elt;
    const by = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    submitter = (by && by.submitter) || null;
    for (const text of banner.querySelectorAll("[data-kind]")) text.hidden = text.dataset.kind !== kind;
    banner.hidden = false;
    banner.focus();
  };
  document.addEventListener("htmx:sendError", (event) => complain(event, "network"));
  document.addEventListener("htmx:timeout", (event) => complain(event, "network"));
  document.addEventListener("htmx:responseError", (event) =>
    complain(event, event.detail.xhr.status < 500 ? "refused" : "server"));
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isQuiet(event)) return;
    const banner = byId("network");
    if (banner) banner.hidden = true;
    event.detail.elt.setAttribute("aria-busy", "true");
    if (event.detail.target) event.detail.target.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    event.detail.elt.removeAttribute("aria-busy");
    if (event.detail.target) event.detail.target.removeAttribute("aria-busy");
  });

  // What is being replaced is about to be wrong: nobody follows a link of the old answer.
  document.addEventListener("click", (event) => {
    if (event.target.closest("[aria-busy=true] a[href]")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-network]");
    if (button) {
      byId("network").hidden = true;
      if (button.dataset.network === "retry" && last && last.isConnected) {
        if (last instanceof HTMLFormElement) last.requestSubmit(submitter && submitter.isConnected ? submitter : null);
        else last.click();
      } else if (last && last.isConnected) {
        focusOn(last.querySelector(CONTROLS) || last);
      }
      return;
    }
    // A link of the error summary goes into the field, also when the field is a group of choices.
    const link = event.target.closest(".error-summary a[href^='#']");
    const target = link && byId(decodeURIComponent(link.hash.slice(1)));
    if (target) {
      event.preventDefault();
      focusOn(target.matches(CONTROLS) ? target : target.querySelector(CONTROLS) || target);
      (target.closest(".field") || target).scrollIntoView({ block: "nearest" });
    }
  });

  // A link to a page that only asks (its .plain-page) opens the question over this page. The form in it is sent like
  // any other, so a refusal shows on the page itself. Escape and やめる give the focus back to the link.
  const ask = async (link) => {
    let question = null;
    try {
      const answer = await fetch(link.href);
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        question = page.querySelector("#main .plain-page");
      }
    } catch { /* The page itself will tell. */ }
    if (!question) {
      location.assign(link.href);
      return;
    }
    const dialog = document.createElement("dialog");
    dialog.className = "dialog";
    dialog.setAttribute("aria-labelledby", "dialog-title");
    const heading = document.createElement("h2");
    heading.id = "dialog-title";
    heading.tabIndex = -1;
    heading.autofocus = true;
    heading.textContent = question.querySelector("h1").textContent;
    question.querySelector("h1").replaceWith(heading);
    for (const form of question.querySelectorAll("form:not([action])")) form.action = link.href;
    dialog.append(document.adoptNode(question));
    dialog.addEventListener("close", () => {
      dialog.remove();
      focusOn(link);
    });
    dialog.addEventListener("click", (event) => {
      if (!event.target.closest("[data-close]")) return;
      event.preventDefault();
      dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    event.preventDefault();
    ask(link);
  });

  // One click, one sending. The server does not rely on it.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.matches("[hx-post], [data-hx-post]")) return;
    setTimeout(() => { if (!event.defaultPrevented) form.setAttribute("aria-busy", "true"); });
    setTimeout(() => form.removeAttribute("aria-busy"), 10000);
  }, true);
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });

  // The bell asks each minute what is unread: not for a page nobody looks at, and at once when somebody comes back.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.id === "bell") event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    const bell = byId("bell");
    if (bell && !document.hidden && window.htmx) htmx.trigger(bell, "look");
  });

  // What is shown once can be copied with one press.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const field = button && byId(button.dataset.copy);
    if (!field) return;
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.textContent = "コピーしました";
    say(button.textContent);
  });

  // A fresh page: errors first, then what just happened is read aloud.
  addEventListener("DOMContentLoaded", () => {
    const summary = document.querySelector("main .error-summary");
    if (summary) focusOn(summary);
    const messages = document.querySelector(".messages");
    if (messages) say(messages.textContent.replace(/\s+/g, " ").trim());
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    // On a phone the open organization menu closes when the focus leaves it.
    for (const menu of document.querySelectorAll("details.switcher")) {
      menu.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      menu.addEventListener("focusout", (event) => {
        if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
      });
    }
  });
})();
