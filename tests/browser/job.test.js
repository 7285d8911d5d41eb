// The page of one job.

import assert from "node:assert/strict";
import test from "node:test";

import { newCid, runAction, stack, withPage } from "./harness.js";

test("everything of the job is there: facts, both payloads made readable, timeline with durations and actors",
  () => withPage({}, async (page) => {
    const cids = [newCid(), newCid()];
    const id = await stack.ask("set_action", "refused-state", {
      cids, batch_id: "wave 9", request_id: "click-9", source_ip: "10.0.0.9" });
    await page.goto(`/jobs/${id}`);
    await page.getByText("Finished", { exact: true }).nth(1).waitFor();
    const facts = await page.locator(".facts").textContent();
    for (const part of ["alpha", "ada", "10.0.0.9", "200", "Rejected", "Not applied", "wave 9", "click-9",
      "the service that made the call", "of at most 30 s", "Deadline"]) {
      assert.ok(facts.includes(part), part);
    }
    assert.match(await page.locator(".step").nth(1).textContent(), /by .+\/1.* later.*FAILED · HTTP 200 · Rejected/);
    assert.equal(await page.getByRole("region", { name: "Request" }).locator("pre").textContent(),
      JSON.stringify({ action: "T-Enable", cids }, null, 2));
    assert.match(await page.getByRole("region", { name: "Response" }).locator("pre").textContent(),
      /^\{\n {2}"message": "TMS bootstrap status\(INIT\) is not Ready",\n {2}"success": false\n\}$/);
    await page.getByText("The cluster did not act. It is safe to try again.").waitFor();
  }));

test("customers come in pages and can be searched", () => withPage({}, async (page) => {
  const cids = Array.from({ length: 250 }, newCid);
  const id = await stack.ask("set_action", "accepted", { cids });
  await page.goto(`/jobs/${id}`);
  const list = page.locator(".cid-list li");
  await list.first().waitFor();
  assert.deepEqual(await list.allTextContents(), cids.slice(0, 100));
  await page.getByText("Page 1 of 3").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Page 2 of 3").waitFor();
  assert.deepEqual(await list.allTextContents(), cids.slice(100, 200));
  await page.getByLabel("Search in the customers of this job").fill(cids[210].toUpperCase());
  await page.getByText("Page 2 of 3").waitFor({ state: "detached" });
  assert.deepEqual(await list.allTextContents(), [cids[210]]);
}));

test("an action that is not possible says why, and the page follows the job to its end", () =>
  withPage({}, async (page) => {
    const id = await stack.ask("submit_action", "delay~ms=6000", { cids: [newCid()] });
    await page.goto(`/jobs/${id}`);
    await page.getByText("Run again is not possible: The job is still in progress.").waitFor();
    await page.getByText("Settle is not possible: The job is not overdue: its outcome may still come.").waitFor();
    await page.getByText("Waiting for the cluster").waitFor();
    await page.getByText("The cluster took the action on.").waitFor();
    await page.getByText("Settle is not possible: The outcome is known").waitFor();
  }));

test("run again makes a new job, linked both ways, and warns where the outcome is unknown", () =>
  withPage({}, async (page) => {
    const cids = [newCid(), newCid()];
    const first = await runAction(page, { cluster: "short", action: "PE-Direct", cids,
      token: await stack.token("reset-on-accept") });
    await page.goto(`/jobs/${first}`);
    await page.getByRole("link", { name: "Run again" }).click();
    await page.getByText("Repeats job").waitFor();
    await page.getByText(`2 customers from job ${first}`, { exact: true }).waitFor();
    assert.equal(await page.getByLabel("Action", { exact: true }).inputValue(), "PE-Direct");
    assert.equal(await page.getByLabel("Cluster", { exact: true }).inputValue(), "short");
    assert.equal(await page.getByLabel("API token").inputValue(), "");
    const fresh = newCid();
    await page.getByLabel("Customer ids").fill([fresh, ...cids].join("\n"));
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await page.getByRole("button", { name: "Yes, proceed" }).click();
    await page.getByRole("link", { name: "Open the job" }).click();
    await page.locator(`.fact a[href="/jobs/${first}"]`).click();
    await page.waitForURL(`**/jobs/${first}`);
    await page.locator(".fact", { hasText: "Repeated by" }).waitFor();
    const unknown = await stack.ask("set_action", "never", { cluster: "short", cids: [newCid()] });
    await page.goto(`/set-action?rerun_of=${unknown}`);
    await page.getByText("Its outcome is unknown: the cluster may have acted. Check before you repeat it.")
      .waitFor();
  }));

test("an administrator settles an unknown outcome with a reason, which stays in the timeline", () =>
  withPage({}, async (page) => {
    const id = await stack.ask("set_action", "close", { cids: [newCid()] });
    await page.goto(`/jobs/${id}`);
    await page.getByText("The cluster may have acted: check before repeating.").waitFor();
    await page.getByRole("button", { name: "Settle…" }).click();
    const settle = page.getByRole("button", { name: "Settle", exact: true });
    assert.equal(await settle.isDisabled(), true);
    await page.getByLabel("The cluster acted").check();
    await page.getByLabel("How do you know?").fill("asked the cluster: all were moved");
    await settle.click();
    await page.getByText("The cluster took the action on.").waitFor();
    await page.getByText("“asked the cluster: all were moved”").waitFor();
    assert.match(await page.locator(".step.resolved").textContent(), /Settled by dev/);
  }));

test("a job that is not there says so", () => withPage({ path: "/jobs/nothing", expected: [/404/] },
  async (page) => {
    await page.getByRole("heading", { name: "No such job" }).waitFor();
  }));
