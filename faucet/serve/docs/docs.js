"use strict";

// The credential stays in this page: it is neither stored nor sent anywhere but to this origin.
(() => {
  const keyHeader = document.querySelector('meta[name="faucet-key-header"]').content;
  const input = document.getElementById("key");
  const said = document.getElementById("said");

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
    said.value = "";
    const answer = await fetch("/openapi.json", { headers: credential(), cache: "no-store" });
    if (!answer.ok) {
      said.value = answer.status === 401 ? "This server asks for a key." : `Status ${answer.status}`;
      return;
    }
    window.SwaggerUIBundle({
      spec: await answer.json(),
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
