// User Jobs Audit: finding jobs, and what can be done with them.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";

import { logIn, newCid, tooltipOf, withPage } from "./harness.js";
import { rowIds, rowOf, rows, run } from "./jobs_page.js";

test("before the first job the list says what will be here", () => withPage({ path: "/jobs" }, async (page) => {
  await page.getByRole("heading", { name: "No jobs yet" }).waitFor();
  await page.getByRole("link", { name: "Run a Set Action" }).waitFor();
}));

test("loading, no match, no rights and failure are told apart", () => withPage(
  { path: "/jobs", expected: [/503|403/] }, async (page) => {
    await run();
    // Every request is held, also one that the page before the reload asks late.
    let letGo;
    const held = new Promise((resolve) => { letGo = resolve; });
    await page.route("**/api/v1/jobs?*", (route) => held.then(() => route.continue()));
    await page.reload();
    await page.getByRole("status", { name: "Loading jobs" }).waitFor();
    letGo();
    await rows(page).first().waitFor();
    await page.unroute("**/api/v1/jobs?*");
    await page.goto("/jobs?cid=nobody-has-this");
    await page.getByRole("heading", { name: "No job matches" }).waitFor();
    const problem = (status, detail) => page.route("**/api/v1/jobs?*", (route) => route.fulfill({
      status, contentType: "application/problem+json",
      json: { status, detail, correlation_id: "abc-123" } }));
    await problem(503, "the ledger does not answer");
    await page.reload();
    await page.getByRole("heading", { name: "The ledger is away" }).waitFor();
    await page.getByText("abc-123").waitFor();
    await problem(403, "only auditors read the jobs of others");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Not yours to see" }).waitFor();
  }));

test("all columns are there, with separators in numbers and both kinds of time", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const cids = Array.from({ length: 1234 }, newCid);
    const id = await run("401", { cids, cluster: "narrow", action: "PE-Enable" });
    const row = rowOf(page, id);
    await page.reload();
    await row.waitFor();
    assert.deepEqual((await page.locator(".jobs th").allTextContents()).map((text) => text.trim()).slice(1),
      ["Job ID", "Action", "Cluster", "Customers", "Status", "HTTP", "Reason", "Duration", "User", "Time"]);
    const cells = (await row.locator("td").allTextContents()).map((text) => text.trim());
    assert.deepEqual([2, 3, 4, 5, 6, 7, 9].map((i) => cells[i]),
      ["PE-Enable", "narrow", "1,234", "FAILED", "401", "HTTP error", "ada"]);
    assert.match(cells[8], /ms|s$/);
    assert.match(cells[10], /just now|ago$/);
    assert.match(await tooltipOf(page, row.locator("time")), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(UTC\)/);
    await page.getByRole("button", { name: /^Times: relative/ }).click();
    assert.match(await row.locator("td.time").textContent(), /\d{4}-\d\d-\d\d/);
  }));

test("the tooltip of a failure is reached by keyboard, and Escape hides it", () =>
  withPage({ path: "/jobs?statuses=FAILED" }, async (page) => {
    await rows(page).first().waitFor();
    await page.keyboard.press("j");
    assert.equal(await page.evaluate(() => document.activeElement.className), "job-link failed");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "FAILED");
    const tip = page.getByRole("tooltip");
    assert.match(await tip.textContent(), /^HTTP 401 - /);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-describedby")),
      "tooltip");
    await page.keyboard.press("Escape");
    await tip.waitFor({ state: "hidden" });
  }));

test("state counts lead to their jobs, and filters stand in the address", () =>
  withPage({ path: "/jobs" }, async (page) => {
    await run("never", { cluster: "short" });
    await run("refused-state", { batch_id: "wave-7" });
    await page.reload();
    const tab = page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /Outcome unknown/ });
    await page.waitForFunction(() => document.querySelector(".state-tab.unknown .state-count")?.textContent === "1");
    await tab.click();
    await page.waitForURL("**/jobs?effects=UNKNOWN");
    await page.locator(".jobs:not(.stale)").waitFor();
    assert.equal(await rows(page).count(), 1);
    await page.getByText("unknown", { exact: true }).first().waitFor();
    await page.goto("/jobs");
    await page.getByRole("button", { name: "Filters" }).click();
    await page.getByLabel("Rejected").check();
    await page.waitForURL("**/jobs?failure_reasons=REJECTED");
    await page.getByLabel("Batch", { exact: true }).fill("wave-7");
    await page.getByLabel("Batch", { exact: true }).press("Enter");
    await page.waitForURL("**batch_id=wave-7**");
    await page.reload();
    await rows(page).first().waitFor();
    assert.equal(await rows(page).count(), 1);
    await page.getByRole("button", { name: "Remove filter: reason Rejected" }).click();
    await page.waitForURL("**/jobs?batch_id=wave-7");
    await page.goBack();
    await page.waitForURL("**failure_reasons=REJECTED**");
    await page.getByRole("button", { name: "Clear all" }).click();
    await page.waitForURL("**/jobs");
  }));

test("search finds a job by its id, and the jobs of a customer", () => withPage({ path: "/jobs", expected: [/404/] },
  async (page) => {
    const cid = newCid();
    const id = await run("accepted", { cids: [cid, newCid()] });
    await rows(page).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type(id);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/jobs/${id}`);
    await page.goBack();
    await page.getByLabel("Search by job id or customer id").fill(cid);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/jobs?cid=${cid}`);
    await page.locator(".jobs:not(.stale)").waitFor();
    assert.deepEqual(await rowIds(page), [id]);
  }));

test("a job of somebody else is said to be one, and is no customer", () =>
  withPage({ path: "/jobs", user: "vic", expected: [/403/] }, async (page) => {
    const id = await run();
    await page.getByLabel("Search by job id or customer id").fill(id);
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("That job is another user's.").waitFor();
    assert.equal(new URL(page.url()).search, "");
  }));

test("chosen jobs can be copied and saved, without formulas; what is filtered can be exported", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const id = await run("accepted", { batch_id: "=1+1" });
    await page.reload();
    await page.getByLabel(`Select job ${id}`).check();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByText("2 jobs selected").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"), page.getByRole("button", { name: "CSV", exact: true }).click()]);
    const text = fs.readFileSync(await download.path(), "utf8");
    assert.match(text, /^job_id,created_at,/);
    assert.ok(text.includes(id) && text.includes(",'=1+1,"), text);
    await page.getByRole("button", { name: "Copy ids" }).click();
    await page.getByText("job ids copied").waitFor();
    await page.goto("/jobs?statuses=FAILED");
    const link = page.getByRole("link", { name: "Export CSV" });
    assert.equal(await link.getAttribute("href"), "/api/v1/jobs:export?statuses=FAILED&format=csv");
  }));

test("filters are kept under a name, for the one who named them", () => withPage(
  { path: "/jobs?statuses=FAILED&clusters=narrow" }, async (page) => {
    await page.getByText("Views", { exact: true }).click();
    await page.getByRole("button", { name: "Save these filters…" }).click();
    await page.getByText("for you only: others who log in here do not see them").waitFor();
    await page.getByLabel("Name").fill("Narrow <b>failures</b>");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await logIn(page.context(), "vic");
    await page.goto("/jobs");
    await page.getByText("Views", { exact: true }).click();
    await page.getByRole("link", { name: "To check: outcome unknown" }).waitFor();
    assert.equal(await page.getByText("Narrow <b>failures</b>").count(), 0);
    await logIn(page.context(), "dev");
    await page.goto("/jobs");
    await page.getByText("Views", { exact: true }).click();
    await page.getByRole("link", { name: "Narrow <b>failures</b>" }).click();
    await page.waitForURL("**/jobs?statuses=FAILED&clusters=narrow");
    await page.getByText("Views", { exact: true }).click();
    await page.getByRole("button", { name: "Remove view Narrow <b>failures</b>" }).click();
    await page.getByRole("link", { name: "Narrow <b>failures</b>" }).waitFor({ state: "detached" });
  }));

test("the keyboard is enough to find a job and open it", () => withPage({ path: "/jobs" }, async (page) => {
  await rows(page).first().waitFor();
  const ids = await rowIds(page);
  for (const key of ["j", "j", "k", "j"]) await page.keyboard.press(key);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/jobs/${ids[1]}`);
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Words and keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
}));
