// The acceptance tables of the feature's two descriptions, row by row.

import assert from "node:assert/strict";
import test from "node:test";

import { auditRow, colourOf, fillForm, GREEN, newCid, RED, runAction, stack, tooltipOf, withPage }
  from "./harness.js";

test("If Set Action returns 401/408/504/etc, same job row updated as FAILED", () =>
  withPage({}, async (page) => {
    for (const status of [401, 408, 504]) {
      const cid = newCid();
      const job = await runAction(page, { cids: [cid], token: await stack.token(String(status)) });
      await page.goto(`/jobs?cid=${cid}`);
      const row = page.locator("tr[data-job]");
      await row.first().waitFor();
      assert.equal(await row.count(), 1, "one row a click");
      assert.equal(await row.getAttribute("data-job"), job);
      await row.getByText("FAILED", { exact: true }).waitFor();
      assert.equal(await row.locator("td.http").textContent(), String(status));
      await row.locator("a.job-link").click();
      await page.getByText("Finished", { exact: true }).nth(1).waitFor();
      assert.deepEqual(await page.locator(".timeline .step-head b").allTextContents(),
        ["Started", "Finished"]);
    }
  }));

test("User Jobs Audit shows job_id in red and/or status badge", () => withPage({}, async (page) => {
  const job = await runAction(page, { cids: [newCid()], token: await stack.token("401") });
  const row = await auditRow(page, job);
  const colour = await row.locator("a.job-link").evaluate((node) => getComputedStyle(node).color);
  const [red, green, blue] = colour.match(/\d+/g).map(Number);
  assert.ok(red > 2 * green && red > 2 * blue, colour);
  assert.equal(await colourOf(row.getByText("FAILED", { exact: true })), RED);
}));

test("Successful jobs remain normal/green", () => withPage({}, async (page) => {
  const job = await runAction(page, { cids: [newCid()], token: await stack.token() });
  const row = await auditRow(page, job);
  assert.equal(await colourOf(row.getByText("SUCCESS", { exact: true })), GREEN);
}));

test("No changes to 30s timeout fix", () => withPage({ path: "/set-action" }, async (page) => {
  await fillForm(page, { cids: [newCid()], token: await stack.token() });
  await page.getByRole("dialog").getByText("The cluster has 30 s to answer.").waitFor();
  await page.getByRole("button", { name: "Yes, proceed" }).click();
  await page.getByRole("link", { name: "Open the job" }).click();
  await page.getByText("of at most 30 s").waitFor();
}));

test("Job ID shows tooltip with error details on FAILED", () => withPage({}, async (page) => {
  const job = await runAction(page, { cids: [newCid()], token: await stack.token("401") });
  const row = await auditRow(page, job);
  assert.match(await tooltipOf(page, row.locator("a.job-link")), /^HTTP 401 - API returned status 401: /);
}));

test("Clicking Set Action creates a job record, the page shows its id, and the audit shows the entry",
  () => withPage({}, async (page) => {
    const before = await stack.ask("job_count");
    const cid = newCid();
    const job = await runAction(page, { cids: [cid], token: await stack.token() });
    assert.match(job, /^[0-9a-f-]{36}$/);
    assert.equal(await stack.ask("job_count"), before + 1);
    assert.equal(await stack.ask("hits", cid), 1);
    await auditRow(page, job);
  }));

test("Works for manual CID entry and for CSV/batch modes", () => withPage({}, async (page) => {
  const manual = await runAction(page, { cids: [newCid(), newCid()], token: await stack.token() });
  assert.equal(await (await auditRow(page, manual)).locator("td.customers").textContent(), "2");
  await page.goto("/set-action");
  await page.getByLabel("Files with customers").setInputFiles({
    name: "wave.csv", mimeType: "text/csv", buffer: Buffer.from(`cid\n${newCid()}\n${newCid()}\n${newCid()}\n`) });
  await page.getByText("3 customers", { exact: true }).waitFor();
  await page.getByText("Timeout and batch").click();
  await page.getByLabel("Batch (a label of your own)").fill("wave 1");
  await fillForm(page, { cids: [], token: await stack.token() });
  await page.getByRole("button", { name: "Yes, proceed" }).click();
  const job = await page.locator(".result .result-id a").textContent();
  await page.goto("/jobs?batch_id=wave+1");
  const row = page.locator(`tr[data-job="${job}"]`);
  assert.equal(await row.locator("td.customers").textContent(), "3");
}));
