// Reads the page aloud where the browser has a Japanese voice, and prints where somebody asks for it.
// Every page works without this file. Written for old tablets.
(function () {
  "use strict";

  var place = document.getElementById("speak");
  var printing = document.getElementById("print");

  function button(text, kind) {
    var made = document.createElement("button");
    made.type = "button";
    made.className = kind;
    made.appendChild(document.createTextNode(text));
    return made;
  }

  if (printing && window.print) {
    var press = button(printing.getAttribute("data-print"), "big");
    press.addEventListener("click", function () { window.print(); });
    printing.appendChild(press);
  }

  if (!place || !("speechSynthesis" in window) || !window.SpeechSynthesisUtterance) return;

  var voices = window.speechSynthesis;
  var speaking = false;
  var shown = null;
  var word = null;

  function japanese() {
    var all = voices.getVoices() || [];
    for (var i = 0; i < all.length; i += 1) {
      if (/^ja\b/i.test(all[i].lang.replace("_", "-"))) return all[i];
    }
    return null;
  }

  // Words are read as their readings say, once; each heading, line and button is a sentence.
  function sentences() {
    var copy = document.getElementById("main").cloneNode(true);
    var each = function (selector, act) {
      Array.prototype.forEach.call(copy.querySelectorAll(selector), act);
    };
    each("script, input, rp, #speak, #print, [hidden]", function (node) { node.parentNode.removeChild(node); });
    each("ruby", function (node) {
      var reading = node.querySelector("rt");
      node.parentNode.replaceChild(document.createTextNode(reading ? reading.textContent : node.textContent), node);
    });
    each("img[alt]:not([alt=''])", function (node) {
      node.parentNode.replaceChild(document.createTextNode(node.alt + "。"), node);
    });
    each("h1, h2, h3, p, li, button, a, label, div, br", function (node) {
      node.appendChild(document.createTextNode("。"));
      if (node.nodeName === "BR") node.parentNode.insertBefore(document.createTextNode("。"), node);
    });
    return copy.textContent.split(/[。！？\n]/).map(function (text) {
      return text.replace(/[ \t\u3000]+/g, " ").trim();
    }).filter(function (text) { return /[^\s、「」：]/.test(text); });
  }

  function say(on) {
    speaking = on;
    word.nodeValue = place.getAttribute(on ? "data-stop" : "data-speak");
    shown.setAttribute("aria-pressed", on ? "true" : "false");
  }

  function stop() {
    voices.cancel();
    say(false);
  }

  function start() {
    var texts = sentences();
    var voice = japanese();
    say(true);
    texts.forEach(function (text, number) {
      var utterance = new window.SpeechSynthesisUtterance(text);
      utterance.lang = "ja-JP";
      utterance.voice = voice;
      utterance.rate = 0.85;
      if (number === texts.length - 1) utterance.onend = function () { say(false); };
      utterance.onerror = function () { say(false); };
      voices.speak(utterance);
    });
    if (!texts.length) say(false);
  }

  function offer() {
    if (shown || !japanese()) return;
    shown = button("", "small");
    word = shown.firstChild;
    var icon = document.createElement("img");
    icon.src = place.getAttribute("data-icon");
    icon.alt = "";
    icon.width = icon.height = 40;
    shown.insertBefore(icon, word);
    shown.addEventListener("click", function () { if (speaking) stop(); else start(); });
    place.appendChild(shown);
    say(false);
  }

  offer();
  if (voices.addEventListener) voices.addEventListener("voiceschanged", offer);
  else voices.onvoiceschanged = offer;
  window.addEventListener("pagehide", function () { voices.cancel(); });
})();
