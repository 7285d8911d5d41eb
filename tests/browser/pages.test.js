// Modules of pages come when they are needed, and soon after the first page for the time when no server has them any more.

import assert from "node:assert/strict";
import test from "node:test";

import { withPage } from "./harness.js";

const SET_ACTION = "**/app/views/set_action.js";
const tab = (page, name) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
const heading = (page, name) => page.getByRole("heading", { name, level: 1 });

test("a page asks first for its own modules, each once, and uses all that it links", () => withPage({}, async (page) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/jobs");
  await heading(page, "User Jobs Audit").waitFor();
  const first = asked.map((path) => path.replace(/^\/v\/[0-9a-f]+/, "")).filter((path) => path.startsWith("/app/"));
  const linked = await page.evaluate(() => [...document.querySelectorAll("link[rel=modulepreload]")]
    .map((link) => new URL(link.href).pathname.replace(/^\/v\/[0-9a-f]+/, "")));
  assert.equal(new Set(linked).size, linked.length);
  assert.deepEqual(first.filter((path) => path !== "/app/theme.js" && !linked.includes(path)), [], "not linked");
  assert.ok(linked.includes("/app/views/jobs.js") && !linked.includes("/app/views/set_action.js"), linked);
  assert.equal(asked.filter((path) => path === "/api/v1/me").length, 1);
}));

test("an open page needs no more modules from a server that has been replaced", () => withPage({}, async (page) => {
  // Asked for by the page itself; then the wait is for what it imports.
  const module = await page.waitForFunction(() => performance.getEntriesByType("resource")
    .find(({ name }) => name.endsWith("/app/views/set_action.js"))?.name);
  await page.evaluate(async (url) => { await import(url); }, await module.jsonValue());
  await page.route("**/app/**", (route) => route.abort());
  await tab(page, "Set Action").click();
  await heading(page, "Set Action").waitFor();
}));

test("a page whose modules can't be had says so, and trying again gets it", () =>
  withPage({ path: "/jobs", expected: [/ERR_FAILED/] }, async (page) => {
    await page.route(SET_ACTION, (route) => route.abort());
    await page.goto("/jobs");
    await tab(page, "Set Action").click();
    await page.getByText("A part of this page could not be loaded.").waitFor();
    await page.unroute(SET_ACTION);
    await page.getByRole("button", { name: "Try again" }).click();
    await heading(page, "Set Action").waitFor();
  }));
