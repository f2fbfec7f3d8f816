// Opens "why do I see this?" and "how long?" in a side panel. Without it the same links are ordinary pages.
// No text, no data, no state: what is shown comes from the server as it stands.
(function () {
  "use strict";
  var panel = document.getElementById("panel");
  if (!panel || !panel.showModal || !window.htmx) return;
  var body = panel.querySelector(".panel-body");
  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[data-panel]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    htmx.ajax("GET", link.getAttribute("href"), { target: body, select: link.dataset.panel, swap: "innerHTML" }).then(function () {
      panel.showModal();
      panel.scrollTop = 0;
      var title = panel.querySelector("h1");
      if (title) { title.tabIndex = -1; title.focus({ preventScroll: true }); }
    });
  });
  panel.addEventListener("click", function (event) {
    if (event.target === panel || event.target.closest("[data-close]")) panel.close();
  });
})();
