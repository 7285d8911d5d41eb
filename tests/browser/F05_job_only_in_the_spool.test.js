// A job that only the action service's disk has: what its page says until the ledger has it.

import assert from "node:assert/strict";
import test from "node:test";

import { auditRow, fillForm, newCid, stack, withPage } from "./harness.js";

const proceed = (page) => page.getByRole("button", { name: "Yes, proceed" });

// Fills in the form while the ledger is away, and accepts that it may run twice. Answers with what was answered.
async function runWithoutLedger(page, cid) {
  await page.getByLabel("Cluster", { exact: true }).waitFor();
  await stack.ask("stop", "ledger");
  await fillForm(page, { cids: [cid], token: await stack.token() });
  await proceed(page).click();
  await page.getByRole("heading", { name: "The ledger is away" }).waitFor();
  assert.equal(await stack.ask("hits", cid), 0, "nothing is called before the answer");
  const answered = page.waitForResponse((answer) =>
    answer.url().endsWith("/api/v1/actions") && answer.request().method() === "POST");
  await page.getByRole("button", { name: "Send it, a repeat is acceptable" }).click();
  return (await answered).json();
}

test("F05 a job that is on the action service's disk only says so, and comes by itself", () =>
  withPage({ path: "/set-action", expected: [/50[34]|404/] }, async (page) => {
    const cid = newCid();
    const answer = await runWithoutLedger(page, cid);
    assert.equal(answer.recorded_in, "SPOOL");
    assert.equal(answer.job.status, "SUCCESS");
    const id = answer.job.job_id;
    const result = page.locator(".result");
    await result.getByText("recorded on the action service's disk; it appears in the list when the ledger is back")
      .waitFor();
    assert.equal(await stack.ask("hits", cid), 1);

    await result.getByRole("link", { name: "Open the job" }).click();
    await page.getByRole("heading", { name: "The ledger is away" }).waitFor();
    // The ledger comes back, but what was spooled is not with it yet.
    await stack.ask("stop", "action");
    await stack.ask("start", "ledger");
    await page.getByText("it is on the action service's disk and has not reached the ledger yet").waitFor();
    await stack.ask("start", "action");
    await page.locator(".job-title", { hasText: "T-Enable" }).waitFor();
    await page.getByText("The cluster took the action on.").first().waitFor();
    assert.equal(new URL(page.url()).pathname, `/jobs/${id}`);

    await auditRow(page, id);
    assert.equal(await stack.ask("hits", cid), 1, "delivery calls nobody");
  }));
