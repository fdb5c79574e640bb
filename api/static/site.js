// The page narrows itself by htmx; where that fails, the browser goes there as it would without scripts.
"use strict";

function goThere(event) {
  const { verb, path } = event.detail.requestConfig;
  const asked = event.detail.pathInfo;
  if (verb === "get") location.assign((asked && asked.finalRequestPath) || path);
}

document.addEventListener("htmx:responseError", goThere);
document.addEventListener("htmx:sendError", goThere);
