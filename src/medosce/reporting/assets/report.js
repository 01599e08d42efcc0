/* Language switch and start. No storage is needed; where there is one, the choice is kept. */
(() => {
  const words = JSON.parse(document.getElementById("words").textContent);
  const browser = MedosceBrowser(document.getElementById("browser"), words);
  const page = document.documentElement, title = document.querySelector("title");
  const remembered = () => {
    try { return localStorage.getItem("medosce.language"); } catch { return null; }
  };
  function speak(language, keep) {
    page.dataset.lang = language;
    page.lang = language === "zh" ? "zh-CN" : "en";
    title.textContent = title.dataset[language];
    for (const node of document.querySelectorAll("[data-aria]")) node.setAttribute("aria-label", words[language][node.dataset.aria]);
    for (const node of document.querySelectorAll("[data-set-lang]")) node.setAttribute("aria-pressed", String(node.dataset.setLang === language));
    browser.speak(language);
    if (keep) try { localStorage.setItem("medosce.language", language); } catch { /* private window, or a file: page without storage */ }
  }
  for (const node of document.querySelectorAll("[data-set-lang]")) node.addEventListener("click", () => speak(node.dataset.setLang, true));
  const first = remembered();
  speak(first === "zh" || first === "en" ? first : /^zh\b/i.test(navigator.language || "") ? "zh" : "en", false);
  const start = () => browser.load();
  if (/^#(item|dimension)=/.test(location.hash)) start();
  else if (window.requestIdleCallback) requestIdleCallback(start, { timeout: 1500 });
  else setTimeout(start, 200);
})();
