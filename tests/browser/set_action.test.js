// The form of Set Action: what goes in, what is asked, what is sent, and what is said afterwards.

import assert from "node:assert/strict";
import test from "node:test";

import { fillForm, newCid, runAction, stack, withPage } from "./harness.js";

const proceed = (page) => page.getByRole("button", { name: "Yes, proceed" });
const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

// Files dropped on the form, as a person drags them there.
async function drop(page, files) {
  const transfer = await page.evaluateHandle((list) => {
    const data = new DataTransfer();
    for (const { name, text } of list) data.items.add(new File([text], name, { type: "text/csv" }));
    return data;
  }, files);
  const target = page.getByLabel("Customers", { exact: true });
  await target.dispatchEvent("dragover", { dataTransfer: transfer });
  await target.dispatchEvent("drop", { dataTransfer: transfer });
}

async function sentCustomers(page, job) {
  const answer = await page.request.get(`/api/v1/jobs/${job}/customers`);
  return (await answer.json()).cids;
}

test("clusters and actions come from the services", () => withPage({ path: "/set-action" }, async (page) => {
  const options = (label) => page.getByLabel(label, { exact: true }).locator("option").allTextContents();
  await page.getByLabel("Cluster", { exact: true }).waitFor();
  assert.ok((await options("Cluster")).includes("narrow"));
  assert.deepEqual(await options("Action"),
    ["Choose…", "Tran-Begin", "PE-Enable", "T-Enable", "PE-Finalize", "PE-Direct"]);
}));

test("typed ids, pasted ids and several dropped files count together, live; odd ones are kept",
  () => withPage({ path: "/set-action" }, async (page) => {
    const cids = Array.from({ length: 7 }, newCid);
    await page.getByLabel("Customer ids").fill(`customer_id\n${cids[0]}, ${cids[1]};1234567\n${cids[0]}`);
    await page.getByText("3 customers", { exact: true }).waitFor();
    await page.getByText("1 duplicate dropped").waitFor();
    await page.getByText("a header word left out").waitFor();
    await drop(page, [
      { name: "one.csv", text: `name;Customer ID\nAnn;${cids[2]}\nBob;7654321\n` },
      { name: "two.csv", text: `when,who\n2026,${cids[3]}\n2026,\u0007bad\n2026,${cids[0]}\n` }]);
    await page.getByText("one.csv").waitFor();
    // The second file has no telling header: the person chooses the column, with a preview before them.
    await page.getByLabel("Customers are in").nth(1).selectOption("1");
    await page.getByLabel("First row is a header").nth(1).check();
    await page.getByRole("columnheader", { name: "who" }).waitFor();
    await page.getByText("6 customers", { exact: true }).waitFor();
    await page.getByText("1 invalid", { exact: true }).waitFor();
    await fillForm(page, { cids: [], token: await stack.token() });
    await page.getByText("Remove or mend the invalid ids first.").waitFor();
    await page.getByRole("button", { name: "Remove two.csv" }).click();
    await page.getByLabel("Customer ids").fill(`${cids[0]}\n${cids[1]} 1234567`);
    await page.getByText("5 customers", { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await proceed(page).click();
    const job = await page.locator(".result .result-id a").textContent();
    assert.deepEqual(await sentCustomers(page, job), [cids[0], cids[1], "1234567", cids[2], "7654321"]);
  }));

test("the dialog names action, cluster, count and the first ids; nothing is sent before it",
  () => withPage({ path: "/set-action" }, async (page) => {
    const cids = Array.from({ length: 7 }, newCid);
    await fillForm(page, { action: "PE-Finalize", cids, token: await stack.token() });
    const dialog = page.getByRole("dialog");
    const text = await dialog.textContent();
    for (const part of ["PE-Finalize", "alpha", "7 customers", ...cids.slice(0, 5), "and 2 more"]) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!text.includes(cids[5]));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.equal(await stack.ask("hits", cids[0]), 0);
  }));

test("an incomplete form says what is missing, and leads there", () =>
  withPage({ path: "/set-action" }, async (page) => {
    await page.getByRole("button", { name: /^Set Action/ }).click();
    for (const text of ["Choose a cluster.", "Choose an action.", "Give at least one customer.",
      "Give the cluster's API token."]) {
      await page.getByText(text).waitFor();
    }
    assert.equal(await page.evaluate(() => document.activeElement.id), "cluster");
  }));

test("a double click and a reload run it once; the page finds the outcome again", () =>
  withPage({ path: "/set-action" }, async (page) => {
    const cid = newCid();
    const before = await stack.ask("job_count");
    await fillForm(page, { cids: [cid], token: await stack.token("delay~ms=2500") });
    await proceed(page).dblclick();
    await page.getByText("Waiting for the cluster").waitFor();
    await page.getByRole("progressbar", { name: "Time used" }).waitFor();
    await page.getByText(/of at most 30 s/).waitFor();
    await page.reload();
    await page.getByText(/Waiting for the cluster|Looking for your request/).first().waitFor();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    await page.getByText("Found again in the ledger; nothing was sent a second time.").waitFor();
    assert.equal(await stack.ask("hits", cid), 1);
    assert.equal(await stack.ask("job_count"), before + 1);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, "nothing is left to ask for");
  }));

test("an answer that is lost on the way is looked for, not sent again", () =>
  withPage({ path: "/set-action", expected: [/ERR_FAILED|net::/] }, async (page) => {
    const cid = newCid();
    // The request arrives, its answer does not.
    await page.route("**/api/v1/actions", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      return route.abort();
    });
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await proceed(page).click();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    assert.equal(await stack.ask("hits", cid), 1);
  }));

test("a request that never arrived is said to be unknown; sent again it is the same request", () =>
  withPage({ path: "/set-action", expected: [/ERR_FAILED|net::/] }, async (page) => {
    await page.clock.install();
    const ids = [];
    await page.route("**/api/v1/actions", (route) => {
      if (route.request().method() !== "POST") return route.continue();
      ids.push(route.request().postDataJSON().request_id);
      return ids.length === 1 ? route.abort() : route.continue();
    });
    const cid = newCid();
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await proceed(page).click();
    await page.getByText("Looking for your request").waitFor();
    const unknown = page.getByText("The ledger does not know this request");
    while (!(await unknown.isVisible())) await page.clock.runFor(1000);
    await page.getByRole("button", { name: "Back to the form" }).click();
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await proceed(page).click();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    assert.deepEqual([ids.length, ids[0]], [2, ids[1]]);
    assert.equal(await stack.ask("hits", cid), 1);
  }));

test("the token is in no storage, and gone from the page once it was used", () =>
  withPage({ path: "/set-action" }, async (page) => {
    const token = await stack.token("delay~ms=800");
    await fillForm(page, { cids: [newCid()], token });
    await proceed(page).click();
    const kept = () => page.evaluate(() => JSON.stringify([
      { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, location.href,
      [...document.querySelectorAll("input")].map((field) => field.value)]));
    await page.getByText("Waiting for the cluster").waitFor();
    assert.ok(!(await kept()).includes(stack.canary));
    await page.locator(".result").waitFor();
    assert.ok(!(await kept()).includes(stack.canary));
  }));

test("the token is cleared after idle minutes, not while somebody types", () =>
  withPage({ path: "/set-action" }, async (page) => {
    await page.clock.install();
    const field = page.getByLabel("API token");
    await field.fill("fake-token");
    await page.clock.runFor(4 * 60_000);
    await page.getByLabel("Customer ids").pressSequentially("10");
    await page.clock.runFor(4 * 60_000);
    assert.equal(await field.inputValue(), "fake-token");
    await page.clock.runFor(2 * 60_000);
    assert.equal(await field.inputValue(), "");
    await page.getByText("Cleared, since nothing happened for a while.").waitFor();
  }));

test("refused customers are named, and the others can be retried as a job linked both ways", () =>
  withPage({ path: "/set-action" }, async (page) => {
    const cids = Array.from({ length: 4 }, newCid);
    const refused = cids.slice(0, 2);
    await page.route(/\/api\/v1\/jobs\/[^/]+$/, async (route) => {
      const response = await route.fetch();
      const job = await response.json();
      if (job.failure_reason !== "REJECTED") return route.fulfill({ response });
      // The fake cluster refuses all; this one refuses two.
      const message = `those CIDs ['${refused.join("', '")}'] do not exist`;
      job.response_summary = JSON.stringify({ success: false, message });
      return route.fulfill({ response, json: job });
    });
    const first = await runAction(page, { cids, token: await stack.token("refused-cids") });
    await page.getByText("2 customers refused, of 4").waitFor();
    assert.deepEqual(await page.locator(".refused li").allTextContents(), refused);
    await page.getByRole("button", { name: "Retry the others (2)" }).click();
    assert.equal(await page.getByLabel("Customer ids").inputValue(), `${cids[2]}\n${cids[3]}`);
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await proceed(page).click();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    const second = await page.locator(".result .result-id a").textContent();
    assert.deepEqual(await sentCustomers(page, second), [cids[2], cids[3]]);
    await page.getByRole("link", { name: "Open the job" }).click();
    await page.locator(`.fact a[href="/jobs/${first}"]`).click();
    await page.locator(`.fact a[href="/jobs/${second}"]`).waitFor();
  }));

test("an unknown effect is spelled out, with the API's message and a job id that can be copied anywhere",
  () => withPage({ path: "/set-action" }, async (page) => {
    // As on plain HTTP: no clipboard API.
    await page.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined }));
    const job = await runAction(page, {
      cluster: "short", cids: [newCid()], token: await stack.token("never") });
    await page.getByText("The cluster may have acted: check before repeating.").waitFor();
    await page.getByText("Request timeout after 0.5s").waitFor();
    await page.getByRole("button", { name: "Copy job id" }).click();
    await page.getByText("job id copied").waitFor();
    await page.getByRole("button", { name: "New Set Action" }).click();
    await page.getByLabel("Customer ids").focus();
    await page.keyboard.press("Control+V");
    assert.equal(await page.getByLabel("Customer ids").inputValue(), job);
  }));

test("what was not sent says so, with what is wrong", () => withPage(
  { path: "/set-action", expected: [/400/] }, async (page) => {
    await page.getByText("Timeout and batch").click();
    await page.getByLabel("Batch (a label of your own)").fill("tab\u0009here");
    const cid = newCid();
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await proceed(page).click();
    const alert = page.locator(".not-called");
    await alert.getByText("Nothing was sent to the cluster.").waitFor();
    assert.match(await alert.textContent(), /batch_id/);
    assert.equal(await stack.ask("hits", cid), 0);
  }));

test("while the ledger is away the page asks whether a possible repeat is acceptable", () =>
  withPage({ path: "/set-action", expected: [/503/] }, async (page) => {
    const cid = newCid();
    const asked = [];
    await page.route("**/api/v1/actions", (route) => {
      if (route.request().method() !== "POST") return route.continue();
      asked.push(route.request().postDataJSON());
      return route.continue();
    });
    await page.getByLabel("Cluster", { exact: true }).waitFor();
    await stack.ask("stop", "ledger");
    try {
      await fillForm(page, { cids: [cid], token: await stack.token() });
      await proceed(page).click();
      await page.getByRole("heading", { name: "The ledger is away" }).waitFor();
      await page.getByRole("button", { name: "No, do not send it" }).click();
      assert.equal(await stack.ask("hits", cid), 0);
      await page.getByLabel("API token").fill(await stack.token());
      await page.getByRole("button", { name: /^Set Action/ }).click();
      await proceed(page).click();
      await page.getByRole("heading", { name: "The ledger is away" }).waitFor();
      const answered = page.waitForResponse("**/api/v1/actions");
      await page.getByRole("button", { name: "Send it, a repeat is acceptable" }).click();
      await answered;
    } finally {
      await stack.ask("start", "ledger");
    }
    assert.deepEqual(asked.map((body) => Boolean(body.accept_possible_repeat)), [false, false, true]);
    assert.equal(asked[2].request_id, asked[1].request_id);
    assert.notEqual(asked[1].request_id, asked[0].request_id, "a request that was given up is another one");
  }));
