// The form of Set Action: what goes in, what is asked, what is sent, and what is said afterwards.

import assert from "node:assert/strict";
import test from "node:test";

import { assertAccessible, fillForm, newCid, runAction, stack, withPage } from "./harness.js";

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
    await page.getByText("header left out: customer_id", { exact: true }).waitFor();
    await drop(page, [
      { name: "one.csv", text: `name;Customer ID\nAnn;${cids[2]}\nBob;7654321\n` },
      { name: "two.csv", text: `when,who\n2026,${cids[3]}\n2026,\u0007bad\n2026,${cids[0]}\n` }]);
    await page.getByText("one.csv").waitFor();
    await page.getByText("Header left out: name, Customer ID", { exact: true }).waitFor();
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

test("a file of lines and commas without a header counts whole; a single column can be chosen instead",
  () => withPage({ path: "/set-action" }, async (page) => {
    const files = page.getByLabel("Files with customers");
    await files.setInputFiles(file("mixed.csv", "acme-west,1000001\n1000002\n1000003,1000004\n"));
    await page.getByText("5 customers", { exact: true }).waitFor();
    const picker = page.getByLabel("Customers are in");
    assert.equal(await picker.locator("option:checked").textContent(), "All columns");
    assert.equal(await page.locator(".header-out").count(), 0);
    await picker.selectOption({ label: "Column 1" });
    await page.getByText("3 customers", { exact: true }).waitFor();
    await files.setInputFiles({ ...file("more.txt", "1000005 1000006\n1000007"), mimeType: "text/plain" });
    await page.getByText("6 customers", { exact: true }).waitFor();
  }));

test("a job's own ids are run again as they are, and can be removed as one", () =>
  withPage({ path: "/set-action" }, async (page) => {
    const odd = newCid();
    const cids = ["id", `${odd} West`, `${odd}, c`, `${odd};d`];
    const first = await stack.ask("set_action", "401", { cids, user_id: "dev" });
    await page.goto(`/set-action?rerun_of=${first}`);
    await page.getByText(`4 customers from job ${first}`, { exact: true }).waitFor();
    assert.equal(await page.getByLabel("Customer ids").inputValue(), "");
    const source = page.locator(".file", { hasText: "from job" });
    await source.getByText("Which ones").click();
    assert.deepEqual(await source.locator("li").allTextContents(), cids);
    await assertAccessible(page, "customers of a job");
    // The stack knows calls by their first customer.
    const fresh = newCid();
    await page.getByLabel("Customer ids").fill(fresh);
    await page.getByText("5 customers", { exact: true }).waitFor();
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await proceed(page).click();
    const second = await page.locator(".result .result-id a").textContent();
    assert.deepEqual(await sentCustomers(page, second), [fresh, ...cids]);
    await page.goto(`/set-action?rerun_of=${second}`);
    await source.getByRole("button", { name: "Remove the customers of the job" }).click();
    await page.getByText("0 customers", { exact: true }).waitFor();
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
    await page.locator("#cluster:focus").waitFor();
  }));

test("a double click and a reload run it once; the page finds the outcome again", () =>
  withPage({ path: "/set-action" }, async (page) => {
    const cid = newCid();
    const before = await stack.ask("job_count");
    await fillForm(page, { cids: [cid], token: await stack.token("delay~ms=6000") });
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
    await page.getByText("It may still be waiting for a free slot").waitFor();
    const unknown = page.getByText("The ledger does not know this request");
    const begun = await page.evaluate(() => Date.now());
    while (!(await unknown.isVisible())) await page.clock.runFor(1000);
    assert.ok(await page.evaluate(() => Date.now()) - begun > 130_000, "as long as it may wait in a queue");
    await page.getByRole("button", { name: "Back to the form" }).click();
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await proceed(page).click();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    assert.deepEqual([ids.length, ids[0]], [2, ids[1]]);
    assert.equal(await stack.ask("hits", cid), 1);
  }));

test("while the ledger is away a request can be left for the form, and is the same one when sent again", () =>
  withPage({ path: "/set-action", expected: [/503/, /ERR_FAILED|net::/] }, async (page) => {
    const cid = newCid();
    const ids = [];
    await page.route("**/api/v1/actions", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      ids.push(route.request().postDataJSON().request_id);
      if (ids.length > 1) return route.continue();
      // The request arrives, its answer does not.
      await route.fetch();
      return route.abort();
    });
    const away = (route) => route.fulfill({ status: 503, json: { reason: "LEDGER_UNAVAILABLE", detail: "away." } });
    await page.route("**/api/v1/jobs?*", away);
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await proceed(page).click();
    await page.getByText("The ledger can't be asked just now. Away.").waitFor();
    await page.reload();
    const back = page.getByRole("button", { name: "Back to the form" });
    await back.waitFor();
    await page.getByRole("button", { name: "Ask again" }).click();
    await back.click();
    await page.getByText("1 earlier request of yours without a known outcome").waitFor();
    // Another request in between does not displace it.
    await fillForm(page, { cids: [newCid()], token: await stack.token() });
    await proceed(page).click();
    await page.getByRole("button", { name: "New Set Action" }).click();
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await proceed(page).click();
    await page.getByText("This request had been sent before: this is its job.").waitFor();
    assert.deepEqual([ids.length, ids[2]], [3, ids[0]]);
    assert.equal(await stack.ask("hits", cid), 1);
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  }));

test("a request that was left can be asked for again from the form", () =>
  withPage({ path: "/set-action", expected: [/503/, /ERR_FAILED|net::/] }, async (page) => {
    await page.route("**/api/v1/actions", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      return route.abort();
    });
    await page.route("**/api/v1/jobs?*", (route) => route.fulfill({ status: 503, json: { detail: "away." } }));
    await fillForm(page, { cids: [newCid()], token: await stack.token() });
    await proceed(page).click();
    await page.getByRole("button", { name: "Back to the form" }).click();
    await page.unroute("**/api/v1/jobs?*");
    await page.getByText("1 earlier request of yours without a known outcome").click();
    await assertAccessible(page, "earlier requests");
    await page.getByRole("button", { name: "Ask again" }).click();
    await page.getByText("Found again in the ledger; nothing was sent a second time.").waitFor();
  }));

test("an error that does not say that nothing was called leaves the outcome open", () =>
  withPage({ path: "/set-action", expected: [/500/] }, async (page) => {
    const cid = newCid();
    await page.route("**/api/v1/actions", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      return route.fulfill({ status: 500, json: { status: 500, code: "INTERNAL", reason: "EXCEPTION" } });
    });
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await proceed(page).click();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    await page.getByText("Found again in the ledger; nothing was sent a second time.").waitFor();
    assert.equal(await stack.ask("hits", cid), 1);
  }));

test("the token is in no storage, and gone from the page once it was used", () =>
  withPage({ path: "/set-action" }, async (page) => {
    const token = await stack.token("delay~ms=4000");
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
    const first = await runAction(page, { cids, token: await stack.token("refused-cids~count=2") });
    await page.getByText("2 customers refused, of 4").waitFor();
    assert.deepEqual(await page.locator(".refused li").allTextContents(), refused);
    await page.getByRole("button", { name: "Retry the others (2)" }).click();
    await page.getByText(`2 customers from job ${first}`, { exact: true }).waitFor();
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

test("refused customers of an answer that was cut are said to be only the first, also before the others are sent",
  () => withPage({ path: "/set-action" }, async (page) => {
    // More than the ledger keeps of the cluster's answer.
    const cids = Array.from({ length: 400 }, () => `${newCid()}-with-a-long-name`);
    await runAction(page, { cids, token: await stack.token("refused-cids") });
    await page.getByText(/^The answer was cut: only the first \d+ refused ids are known/).waitFor();
    assert.equal(await page.getByRole("button", { name: /^Retry the others/ }).count(), 0);
    await assertAccessible(page, "refused customers");
    await page.getByRole("button", { name: /^Retry those not known to be refused/ }).click();
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await page.getByRole("dialog").getByText("The cluster's answer was cut").waitFor();
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

// 404: back again, the ledger has the job only a moment later.
test("while the ledger is away the page asks whether a possible repeat is acceptable", () =>
  withPage({ path: "/set-action", expected: [/503/, /404.*\/api\/v1\/jobs\//] }, async (page) => {
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

test("the token of a question that stays open is cleared after idle minutes, and the page says why", () =>
  withPage({ path: "/set-action", expected: [/503/] }, async (page) => {
    await page.clock.install();
    await page.route("**/api/v1/actions", (route) => (route.request().method() === "POST"
      ? route.fulfill({ status: 503, json: { reason: "LEDGER_UNAVAILABLE", detail: "away" } }) : route.continue()));
    await fillForm(page, { cids: [newCid()], token: await stack.token() });
    await proceed(page).click();
    const question = page.getByRole("heading", { name: "The ledger is away" });
    await question.waitFor();
    await page.clock.runFor(4 * 60_000);
    assert.ok(await question.isVisible());
    await page.clock.runFor(2 * 60_000);
    await question.waitFor({ state: "detached" });
    await page.getByText(/stayed open for too long, so the token was cleared/).waitFor();
    assert.equal(await page.getByLabel("API token").inputValue(), "");
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  }));
