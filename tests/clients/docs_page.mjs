// Runs the script of /docs against a server: node docs_page.mjs URL KEY_HEADER [KEY]…
// Prints, as JSON, what the page says and shows for no key and then for each of the keys.
import { runInThisContext } from "node:vm";

const [url, keyHeader, ...keys] = process.argv.slice(2);
const results = [];
const send = globalThis.fetch;

for (const key of ["", ...keys]) {
  const reference = { shown: null, replaceChildren() { this.shown = null; } };
  const elements = {
    key: { value: key },
    status: { value: "", className: "" },
    credential: { addEventListener() {} },
    reference,
  };
  globalThis.document = {
    querySelector: () => ({ content: keyHeader }),
    getElementById: (id) => elements[id],
  };
  globalThis.window = {
    location: { href: `${url}/docs`, origin: url },
    SwaggerUIBundle: ({ spec }) => { reference.shown = spec.tags.map((tag) => tag.name); },
  };
  globalThis.fetch = (path, options) => send(new URL(path, `${url}/`), options);
  const script = await (await send(`${url}/docs/docs.js`)).text();
  runInThisContext(script);
  while (elements.status.value === "Loading…" || (!elements.status.className && !reference.shown)) {
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  results.push({ says: elements.status.value, isProblem: elements.status.className === "problem", shows: reference.shown });
}
console.log(JSON.stringify(results));
