// Uses the types that openapi-typescript generated: `node client.js URL KEY`.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

declare const process: { argv: string[] };

const [url, key] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url!, headers: { "X-API-Key": key! } });

function equal(found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
  }
}

const codes = "/api/v1/shop/_table/codes";
const code = { params: { path: { id: "b,c/d" } } };
const created = await client.POST(codes, { body: { code: "b,c/d", tag: "blue" } });
equal(created.response.status, 201);
equal((await client.GET(`${codes}/{id}`, code)).data?.tag, "blue");
const changed = await client.PATCH(`${codes}/{id}`, { ...code, body: { tag: "red" } });
equal(changed.data && "tag" in changed.data && changed.data.tag, "red");
await client.DELETE(`${codes}/{id}`, code);
equal((await client.GET(codes, {})).data?.resource.map((row) => row.code), ["a"]);

const lines = "/api/v1/shop/_table/lines";
const line = { params: { path: { id: "1,7" } } };
await client.POST(lines, { body: { order_id: 1, number: 7, sku: "bolt" } });
equal((await client.GET(`${lines}/{id}`, line)).data?.count, 1);
await client.PUT(`${lines}/{id}`, { ...line, body: { sku: "nut" } });
const page = await client.GET(lines, {
  params: { query: { filter: "order_id = 1", order: "number DESC", limit: 1 } },
});
equal(page.data?.resource[0]?.sku, "nut");
await client.DELETE(`${lines}/{id}`, line);
equal((await client.GET(`${lines}/{id}`, line)).error?.error.type, "row_not_found");
