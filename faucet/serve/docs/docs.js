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

  async function load() {
    status.value = "";
    const response = await fetch("/openapi.json", { headers: credential(), cache: "no-store" });
    if (!response.ok) {
      status.value = response.status === 401 ? "This server requires a key or token." : `Status ${response.status}`;
      return;
    }
    window.SwaggerUIBundle({
      spec: await response.json(),
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
