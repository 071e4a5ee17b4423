"use strict";

// The credential stays in this page: it is neither stored nor sent anywhere but to this origin.
(() => {
  const keyHeader = document.querySelector('meta[name="faucet-key-header"]').content;
  const input = document.getElementById("key");
  const status = document.getElementById("status");

  function credential() {
    const typed = input.value.trim();
    if (!typed) return {};
    const isToken = typed.split(".").length === 3;
    return isToken ? { Authorization: `Bearer ${typed}` } : { [keyHeader]: typed };
  }

  function withCredential(request) {
    const target = new URL(request.url, window.location.href);
    if (target.origin !== window.location.origin) return request;
    const names = Object.keys(request.headers || {}).map((name) => name.toLowerCase());
    const given = names.includes("authorization") || names.includes(keyHeader.toLowerCase());
    if (!given) request.headers = { ...request.headers, ...credential() };
    return request;
  }

  // What is shown is what the caller of this page may do: it must be clear who that is.
  const shown = {
    anonymous: "Shown is what callers without a key may do. Enter a key to see what it may do.",
    known: "Shown is what this key or token may do.",
    missing: "This server shows nothing without a key. Enter an API key or a token, and press Load.",
    refused:
      "The key or token was refused: it is unknown, expired, or not allowed from this address. " +
      "The server's log has the reason.",
    unreachable: "The server cannot be reached.",
  };

  function report(text, isProblem) {
    status.value = text;
    status.className = isProblem ? "problem" : "";
    if (isProblem) document.getElementById("reference").replaceChildren();
  }

  async function problemOf(response) {
    if (response.status === 401) return input.value.trim() ? shown.refused : shown.missing;
    const body = await response.json().catch(() => null);
    const message = body && body.error && body.error.message;
    return `Status ${response.status}${message ? `: ${message}` : ""}`;
  }

  let latest = 0;

  async function load() {
    const mine = ++latest;
    report("Loading…", false);
    const isAnonymous = !input.value.trim();
    const options = { headers: credential(), cache: "no-store" };
    const response = await fetch("openapi.json", options).catch(() => null);
    const problem = response ? (response.ok ? "" : await problemOf(response)) : shown.unreachable;
    const spec = problem ? null : await response.json();
    if (mine !== latest) return; // a later credential has been entered
    report(problem || (isAnonymous ? shown.anonymous : shown.known), Boolean(problem));
    if (problem) return;
    window.SwaggerUIBundle({
      spec,
      dom_id: "#reference",
      deepLinking: true,
      docExpansion: "list",
      persistAuthorization: false,
      validatorUrl: null,
      requestInterceptor: withCredential,
    });
  }

  document.getElementById("credential").addEventListener("submit", (event) => {
    event.preventDefault();
    load();
  });
  load();
})();
