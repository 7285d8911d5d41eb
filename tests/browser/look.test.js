// Each page as it is seen: light, dark and on a phone, which is a real one as far as the browser knows. Their states are
// in states_*.test.js.

import assert from "node:assert/strict";
import test from "node:test";

import { fillForm, LOOKS, newCid, stack, withPage } from "./harness.js";
import { assertSeen } from "./looks.js";

const jobs = {};

async function seed() {
  if (jobs.unknown) return;
  const run = (behaviour, fields = {}) => stack.ask("set_action", behaviour, {
    cids: Array.from({ length: fields.count ?? 3 }, newCid), ...fields, count: undefined });
  const plan = ["accepted", "401", "accepted", "refused-cids", "accepted", "503", "accepted", "not-json",
    "accepted", "delay~ms=150", "refused-state", "accepted", "504", "accepted"];
  for (const behaviour of plan) await run(behaviour, { action: "PE-Enable", user_id: "dev" });
  jobs.rejected = await run("refused-cids", { count: 12, batch_id: "wave-3" });
  jobs.unknown = await run("never", { cluster: "short" });
}

const PAGES = [
  ["overview", () => "/", (page) => page.locator(".plot")],
  ["jobs", () => "/jobs", (page) => page.locator("tr[data-job]").nth(9)],
  ["jobs-filtered", () => "/jobs?failure_reasons=HTTP_ERROR&range=24h", async (page) => {
    await page.locator("tr[data-job]").first().waitFor();
    await page.getByRole("button", { name: /^Filters/ }).click();
    return page.getByRole("group", { name: "Reason of failure" });
  }],
  ["jobs-no-match", () => "/jobs?cid=nobody", (page) => page.getByText("No job matches")],
  ["job-unknown", () => `/jobs/${jobs.unknown}`, (page) => page.locator(".cid-list li")],
  ["job-rejected", () => `/jobs/${jobs.rejected}`, (page) => page.locator(".cid-list li")],
  ["set-action", () => "/set-action", async (page) => {
    await page.getByLabel("Customer ids").fill("1000001, 1000002\n1000002");
    await page.getByLabel("Files with customers").setInputFiles({ name: "wave-3.csv", mimeType: "text/csv",
      buffer: Buffer.from("site,customer_id,since\nBerlin,1000003,2024\nMadrid,1000004,2025\n") });
    return page.getByText("4 customers", { exact: true });
  }],
  ["set-action-confirm", () => "/set-action", async (page) => {
    await fillForm(page, { cids: Array.from({ length: 1342 }, (_, i) => String(1000001 + i)), token: "t" });
    return page.getByRole("dialog");
  }],
  ["help", () => "/jobs", async (page) => {
    await page.getByRole("button", { name: "Help" }).click();
    const dialog = page.getByRole("dialog");
    assert.equal(await dialog.evaluate((element) => element.scrollTop), 0, "it opens at its top");
    return dialog;
  }],
];

for (const look of Object.keys(LOOKS)) {
  test(`every page is accessible and fits, ${look}`, () => withPage({ look }, async (page) => {
    await seed();
    for (const [name, path, ready] of PAGES) {
      await page.goto(path());
      await (await ready(page)).first().waitFor();
      await assertSeen(page, name, look);
    }
  }));

  test(`the outcome of an action and the login are accessible and fit, ${look}`, () =>
    withPage({ look, path: "/set-action", expected: [/401/] }, async (page) => {
      await fillForm(page, { cluster: "short", cids: [newCid()], token: await stack.token("never") });
      await page.getByRole("button", { name: "Yes, proceed" }).click();
      await page.locator(".result").waitFor();
      await assertSeen(page, "outcome", look);
      await page.route("**/api/v1/me", (route) => route.fulfill({ status: 401, json: {} }));
      await page.goto("/login");
      await page.getByLabel("Password").waitFor();
      await assertSeen(page, "login", look);
    }));
}
