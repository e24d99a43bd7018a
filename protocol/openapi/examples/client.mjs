#!/usr/bin/env node
// A whole client of the own API with what Node.js has built in: sign in, open a case, follow it, answer, close.
// Settings come from the environment, as `entente sandbox` prints them: ENTENTE_URL, ENTENTE_CA, ENTENTE_CLIENT_ID,
// ENTENTE_CLIENT_SECRET, and what to open a case with: ENTENTE_FORM, ENTENTE_CUSTOMER_FIELD, ENTENTE_CUSTOMER.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";

const { ENTENTE_URL: url, ENTENTE_CA: ca, ...env } = process.env;
const agent = new Agent({ ca: readFileSync(ca), keepAlive: true });
let token;

const send = (method, path, body, headers) => new Promise((resolve, reject) => {
  const sent = request(url + path, { agent, method, headers }, (answer) => {
    const parts = [];
    answer.on("data", (part) => parts.push(part)).on("end", () => resolve({ status: answer.statusCode, headers: answer.headers,
      body: JSON.parse(Buffer.concat(parts).toString() || "null") }));
  });
  sent.on("error", reject).end(body);
});

// One request; waits when the gateway asks for it. A write carries one Idempotency-Key through all of its attempts.
async function call(method, path, body, { form, ...headers } = {}) {
  const text = form ? new URLSearchParams(form).toString() : body && JSON.stringify(body);
  headers["Content-Type"] = form ? "application/x-www-form-urlencoded" : "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Idempotency-Key"] = randomUUID();
  for (let attempt = 0; ; attempt++) {
    const answer = await send(method, path, text, headers);
    if (answer.status < 400) return answer;
    if (![429, 503].includes(answer.status) || attempt === 4)
      throw new Error(`${answer.status} ${answer.body.code}: ${answer.body.detail}`);
    await pause(1000 * Number(answer.headers["retry-after"] ?? 1));
  }
}

const grant = { grant_type: "client_credentials", client_id: env.ENTENTE_CLIENT_ID, client_secret: env.ENTENTE_CLIENT_SECRET };
token = (await call("POST", "/me/oauth2/v2.0/token", undefined, { form: grant })).body.access_token;
const opened = (await call("POST", "/api/v1/cases", {
  form: Number(env.ENTENTE_FORM), summary: process.argv[2] ?? "Please answer", severity: "high",
  submitter: { caseNumber: `T-${randomUUID().slice(0, 8)}` },
  fields: [{ field: Number(env.ENTENTE_CUSTOMER_FIELD), value: env.ENTENTE_CUSTOMER }] })).body;
console.log("opened", opened.token, opened.status, opened.flow);
const path = `/api/v1/cases/${opened.token}`;
await call("POST", `${path}/notes`, { visibility: "internal", summary: "Opened by the example", correlationId: "example-1" });
for (let round = 0; round < 60; round++) { // a real connector follows /api/v1/events instead
  const { body: one, headers } = await call("GET", path);
  const last = (await call("GET", `${path}/answers`)).body.items.at(-1) ?? {};
  if (one.status === "information" && last.kind === "ask") {
    console.log("asked:", last.text);
    await call("POST", `${path}/answers`, { kind: "reply", text: "Release 12.1" }, { "If-Match": headers.etag });
  } else if (one.status === "accepted") {
    console.log("accepted as", one.receiver.caseNumber);
    await call("POST", `${path}/answers`, { kind: "close" });
  } else if (["rejected", "closed"].includes(one.status)) {
    console.log(one.status, last.reason ?? "");
    process.exit(0);
  }
  await pause(200);
}
console.error("no answer yet");
process.exit(1);
