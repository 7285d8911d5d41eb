// The overview: its numbers, and that they come from the statistics alone.

import assert from "node:assert/strict";
import test from "node:test";

import { newCid, stack, withPage } from "./harness.js";

const run = (behaviour, fields = {}) => stack.ask("set_action", behaviour, { cids: [newCid()], ...fields });
const tile = (page, label) =>
  page.locator(".tile", { has: page.getByText(label, { exact: true }) }).locator(".tile-value");

test("without jobs it says so", () => withPage({}, async (page) => {
  await page.getByRole("heading", { name: "No jobs in the last 7 days" }).waitFor();
}));

test("outcomes, reasons, slow clusters, unknown outcomes and what is in flight, from GetJobStats only",
  () => withPage({}, async (page) => {
    for (let i = 0; i < 3; i += 1) await run("accepted");
    await run("401");
    await run("401");
    await run("refused-state");
    await run("never", { cluster: "short" });
    const slow = await stack.ask("submit_action", "delay~ms=8000", { cids: [newCid()] });
    const asked = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/api/")) asked.push(pathname);
    });
    await page.reload();
    await page.getByText("Outcomes over time").waitFor();
    assert.equal(await tile(page, "In flight now").textContent(), "1");
    assert.equal(await tile(page, "Outcome unknown").textContent(), "1");
    assert.equal(await tile(page, "Jobs").first().textContent(), "8");
    assert.equal(await tile(page, "Successful").textContent(), "42.9 %");
    const reasons = await page.locator(".bars li").evaluateAll((list) => list.map((one) =>
      `${one.querySelector("a").textContent} ${one.querySelector(".number").textContent}`));
    assert.equal(reasons[0], "HTTP error 2");
    assert.deepEqual(reasons.slice(1).sort(), ["Rejected 1", "Timeout 1"]);
    assert.equal(await page.locator("[aria-labelledby=clusters-title] tbody th a").first().textContent(), "short");
    assert.match(await page.getByRole("img", { name: /^Last 7 days: 8 jobs/ }).getAttribute("aria-label"),
      /3 success, 3 failed, 1 failed, outcome unknown, 1 in progress/);
    assert.deepEqual([...new Set(asked)].sort(), ["/api/v1/jobs:stats", "/api/v1/me"]);
    await stack.ask("wait_for_end", slow);
  }));

test("its numbers lead to their jobs, and its chart can be read as a table", () => withPage({}, async (page) => {
  await page.getByText("As a table").click();
  await page.getByRole("columnheader", { name: "Failed, outcome unknown" }).waitFor();
  await page.locator(".as-table tbody a").first().click();
  await page.locator("tr[data-job]").nth(7).waitFor();
  await page.goto("/");
  await page.getByRole("link", { name: "Rejected" }).click();
  await page.waitForURL("**/jobs?failure_reasons=REJECTED&range=7d");
  await page.locator("tr[data-job]").first().waitFor();
  assert.equal(await page.locator("tr[data-job]").count(), 1);
}));

test("who may not see the jobs of others is asked for their own only, and told so", () => withPage({ path: "/set-action" }, async (page) => {
  await page.route("**/api/v1/me", (route) => route.fulfill({ json: { user_id: "vic", roles: ["viewer"] } }));
  const users = [];
  page.on("request", (request) => {
    if (request.url().includes("jobs:stats")) users.push(new URL(request.url()).searchParams.get("user_ids"));
  });
  await page.goto("/");
  await page.getByText("your own jobs").waitFor();
  await page.getByRole("heading", { name: "No jobs in the last 7 days" }).waitFor();
  assert.deepEqual([...new Set(users)], ["vic"]);
}));
