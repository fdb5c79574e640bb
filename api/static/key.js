// A form that a security key answers: what it says is put into the form, and the form is sent.
"use strict";

function bytesOf(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function textOf(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function readable(options) {
  const named = (list) => (list || []).map((one) => Object.assign({}, one, { id: bytesOf(one.id) }));
  const made = Object.assign({}, options, { challenge: bytesOf(options.challenge) });
  if (options.user) made.user = Object.assign({}, options.user, { id: bytesOf(options.user.id) });
  if (options.allowCredentials) made.allowCredentials = named(options.allowCredentials);
  if (options.excludeCredentials) made.excludeCredentials = named(options.excludeCredentials);
  return made;
}

function said(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    if (credential.response[name]) response[name] = textOf(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response });
}

async function askKey(event) {
  const form = event.target;
  if (!form.dataset.key || form.elements.shown.value) return;
  event.preventDefault();
  const failed = form.querySelector("[data-failed]");
  failed.hidden = true;
  try {
    const publicKey = readable(JSON.parse(form.dataset.options));
    const credential = await navigator.credentials[form.dataset.key]({ publicKey });
    form.elements.shown.value = said(credential);
    form.submit();
  } catch (error) {
    failed.hidden = false;
  }
}

document.addEventListener("submit", askKey);

// Before this script listens the form would go out without a key's answer, which counts as a failed attempt.
for (const button of document.querySelectorAll("form[data-key] button:disabled")) {
  button.disabled = false;
  if (!document.querySelector("[autofocus]")) button.focus();
}
