// The page narrows itself by htmx; where that fails, the browser goes there as it would without scripts.
"use strict";

function goThere(event) {
  const { verb, path } = event.detail.requestConfig;
  const asked = event.detail.pathInfo;
  if (verb === "get") location.assign((asked && asked.finalRequestPath) || path);
}

document.addEventListener("htmx:responseError", goThere);
document.addEventListener("htmx:sendError", goThere);

// A form whose sending takes a while shows how far the server is; the answer is the next page, as without scripts.
function watchSending(event) {
  const form = event.target;
  const shown = form.querySelector("[data-shown-while-sending]");
  if (!form.dataset.watch || !shown) return;
  const bar = shown.querySelector("progress");
  const words = shown.querySelector("p");
  shown.hidden = false;
  const watching = setInterval(async () => {
    const answer = await fetch(form.dataset.watch).catch(() => null);
    if (!answer || !answer.ok) return;
    const { done, total } = await answer.json();
    if (!total) return;
    bar.max = total;
    bar.value = done;
    words.textContent = `已读 ${done.toLocaleString("zh-CN")} 行，共 ${total.toLocaleString("zh-CN")} 行`;
  }, 400);
  addEventListener("pagehide", () => {
    clearInterval(watching);
    shown.hidden = true;
  }, { once: true });
}

document.addEventListener("submit", watchSending);

// A file that would be refused for its size is said before anything is sent.
document.addEventListener("change", (event) => {
  const chosen = event.target;
  if (!chosen.files || !chosen.dataset.limit) return;
  const size = Array.from(chosen.files).reduce((sum, file) => sum + file.size, 0);
  const limit = Number(chosen.dataset.limit);
  chosen.setCustomValidity(size > limit ? `文件合计 ${(size / 1048576).toFixed(1)} MB，最多 ${limit / 1048576} MB。` : "");
  chosen.reportValidity();
});

// A step's form is kept as it is filled in; what was kept when stands beside its button. The button does it as well.
const KEEP_AFTER = 1500;
const keeping = new WeakMap();

async function keep(form) {
  const data = new FormData(form);
  for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
  const stop = new AbortController();
  keeping.set(form, { stop });
  const said = form.querySelector("[data-kept]");
  const answer = await fetch(form.dataset.draft, { method: "POST", body: data, signal: stop.signal, keepalive: true })
    .catch(() => null);
  if (stop.signal.aborted || !said) return;
  const told = answer ? await answer.json().catch(() => null) : null;
  said.textContent = told ? told.words : "草稿没有存上，网络不通；写的还在这一页上。";
  if (told && told.at) form.elements.seen.value = told.at;
}

function leaveAlone(form) {
  const { timer, stop } = keeping.get(form) || {};
  clearTimeout(timer);
  if (stop) stop.abort();
  keeping.delete(form);
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form || !form.dataset.draft) return;
  clearTimeout((keeping.get(form) || {}).timer);
  keeping.set(form, { timer: setTimeout(keep, KEEP_AFTER, form) });
});

document.addEventListener("submit", (event) => leaveAlone(event.target));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden") return;
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const { timer } = keeping.get(form) || {};
    if (timer) {
      clearTimeout(timer);
      keep(form);
    }
  }
});
