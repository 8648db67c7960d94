// Conveniences only: every page works without this file.
"use strict";
(() => {
  const english = document.documentElement.lang === "en";
  const say = (zh, en) => (english ? en : zh);

  // A button that copies, beside whatever is marked for it.
  if (navigator.clipboard) {
    for (const marked of document.querySelectorAll("[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = say("复制", "Copy");
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(marked.textContent.trim());
          button.textContent = say("已复制", "Copied");
        } catch {
          button.textContent = say("无法复制", "Could not copy");
        }
        setTimeout(() => { button.textContent = say("复制", "Copy"); }, 1800);
      });
      marked.insertAdjacentElement("afterend", button);
    }
  }

  // On a narrow screen the filters start closed, so that what was found comes first.
  if (window.matchMedia("(max-width: 860px)").matches) {
    for (const filter of document.querySelectorAll(".filters details")) {
      if (!filter.querySelector(".chosen")) filter.open = false;
    }
  }

  // After a refused form the faults are read out and come into view.
  const faults = document.getElementById("faults");
  if (faults) faults.focus();

  // A form is sent once, however often its button is pressed.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button:not([type=button])");
      if (button) setTimeout(() => { button.disabled = true; }, 0);
    });
  }
})();
