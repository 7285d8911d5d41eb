// User Jobs Audit: staying where one was while jobs change.

import assert from "node:assert/strict";
import test from "node:test";

import { BLUE, colourOf, refuseStream, setVisibility, tell, tellNothing, tellReset, withPage } from "./harness.js";
import { answerLists, jobOf, rowIds, rowOf, rows, run } from "./jobs_page.js";

test("new jobs wait as a number; no row under the pointer moves", () =>
  withPage({ path: "/jobs" }, async (page) => {
    await run();
    await run();
    const slow = await run();
    await page.reload();
    const row = rowOf(page, slow);
    await row.waitFor();
    await tell(page, { ...await jobOf(page, slow), status: "IN_PROGRESS", etag: "8" });
    await row.getByText("IN_PROGRESS", { exact: true }).waitFor();
    assert.equal(await colourOf(row.getByText("IN_PROGRESS", { exact: true })), BLUE);
    const other = rows(page).nth(2);
    await other.hover();
    const before = await rowIds(page);
    const place = await other.boundingBox();
    for (const id of [await run(), await run("401")]) await tell(page, await jobOf(page, id));
    await page.getByRole("button", { name: "2 new" }).waitFor();
    // A change of a job that is shown changes its row in place.
    await tell(page, { ...await jobOf(page, slow), status: "SUCCESS", effect: "APPLIED", etag: "9" });
    await row.getByText("SUCCESS", { exact: true }).waitFor();
    assert.deepEqual(await rowIds(page), before);
    assert.deepEqual(await other.boundingBox(), place);
    await page.getByRole("button", { name: "2 new" }).click();
    await page.waitForFunction((count) => document.querySelectorAll("tr[data-job]").length === count,
      before.length + 2);
    assert.deepEqual((await rowIds(page)).slice(2), before);
  }));

test("a stream that goes on asks for nothing; a hidden tab gives it back", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const id = await run();
    await page.reload();
    await rowOf(page, id).waitFor();
    await tell(page, { ...await jobOf(page, id), status: "IN_PROGRESS", etag: "8" });
    await rowOf(page, id).getByText("IN_PROGRESS", { exact: true }).waitFor();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    for (let i = 0; i < 3; i += 1) await tellNothing(page);
    await tell(page, { ...await jobOf(page, id), status: "SUCCESS", etag: "9" });
    await rowOf(page, id).getByText("SUCCESS", { exact: true }).waitFor();
    assert.deepEqual(asked.filter((url) => url.includes("/api/v1/jobs?")), []);
    await setVisibility(page, "hidden");
    await page.waitForFunction(() => window.streams.length === 0);
    const again = page.waitForRequest((request) => request.url().includes("/api/v1/jobs?"));
    await setVisibility(page, "visible");
    await page.waitForFunction(() => window.streams.length === 1);
    assert.equal((await again).headers()["x-tms-background"], "1");
  }));

test("what is being typed into a filter outlasts changes of the list", () => withPage({ path: "/jobs" }, async (page) => {
  const job = await jobOf(page, await run());
  await page.reload();
  await rowOf(page, job.job_id).waitFor();
  await page.getByRole("button", { name: "Filters" }).click();
  const batch = page.getByLabel("Batch", { exact: true });
  await batch.fill("wave-8");
  await tell(page, { ...job, status: "FAILED", etag: "99" });
  await rowOf(page, job.job_id).getByText("FAILED", { exact: true }).waitFor();
  assert.equal(await batch.inputValue(), "wave-8");
  await batch.press("Enter");
  await page.waitForURL("**/jobs?batch_id=wave-8");
  assert.equal(await batch.inputValue(), "wave-8");
  const status = page.getByLabel("HTTP status");
  await status.fill("4");
  await status.press("Enter");
  await page.waitForFunction((node) => node.value === "", await status.elementHandle());
}));

test("a burst of changes is drawn together", () => withPage({ path: "/jobs" }, async (page) => {
  const job = await jobOf(page, await run());
  await page.reload();
  const cell = rowOf(page, job.job_id).locator("td.http");
  await cell.waitFor();
  await cell.evaluate((node) => {
    window.draws = 0;
    new MutationObserver((records) => { window.draws += records.length; })
      .observe(node, { subtree: true, childList: true, characterData: true });
  });
  // Each comes as a stream brings it: in a task of its own.
  await page.evaluate(async (content) => {
    const { port1, port2 } = new MessageChannel();
    const nextTask = () => new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage("");
    });
    for (let i = 1; i <= 200; i += 1) {
      await nextTask();
      window.streams[0].dispatchEvent(new MessageEvent("job", {
        data: JSON.stringify({ ...content, status: "FAILED", http_status: 200 + i, etag: String(100 + i) }) }));
    }
  }, job);
  await cell.getByText("400", { exact: true }).waitFor();
  const draws = await page.evaluate(() => window.draws);
  assert.ok(draws <= 20, `drawn ${draws} times`);
}));

test("a place that the ledger does not know any more is not asked for again", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const id = await run();
    await page.reload();
    await rowOf(page, id).waitFor();
    await tell(page, await jobOf(page, id), "place 1");
    await setVisibility(page, "hidden");
    await page.waitForFunction(() => window.streams.length === 0);
    await setVisibility(page, "visible");
    const urls = () => page.evaluate(() => window.streams.map((stream) => stream.url));
    await page.waitForFunction(() => window.streams.length === 1);
    assert.match((await urls()).join(), /resume_token=place%201/);
    const fresh = page.waitForRequest("**/api/v1/jobs?*");
    await tellReset(page);
    assert.doesNotMatch((await urls()).join(), /resume_token|,/);
    await fresh;
    await page.getByRole("button", { name: "New jobs", exact: true }).waitFor();
  }));

test("an answer that comes late opens no second stream, nor one for a page that was left", () =>
  withPage({ path: "/jobs" }, async (page) => {
    await rows(page).first().waitFor();
    const count = () => page.evaluate(() => window.streams.length);
    let letGo;
    await page.route("**/api/v1/me", (route) => new Promise((resolve) => { letGo = resolve; })
      .then(() => route.continue()));
    // The page asks who is here after a refusal; the answer is held until `between` is over.
    const refusedMeanwhile = async (between) => {
      const asked = page.waitForRequest("**/api/v1/me");
      await refuseStream(page);
      await page.getByText("Reconnecting").waitFor();
      assert.equal((await asked).headers()["x-tms-background"], "1");
      await between();
      const answered = page.waitForResponse("**/api/v1/me");
      letGo();
      await (await answered).finished();
      await page.evaluate(() => fetch("/api/v1/clusters").then((answer) => answer.text()));
    };
    await refusedMeanwhile(() => setVisibility(page, "visible"));
    assert.equal(await count(), 1);
    await refusedMeanwhile(() => page.getByRole("link", { name: "Overview" }).click());
    assert.equal(await count(), 0);
  }));

test("a tab opened in the background takes no stream until somebody looks at it", () =>
  withPage({}, async (page) => {
    await page.addInitScript(() => Object.defineProperty(document, "visibilityState",
      { configurable: true, value: "hidden" }));
    await page.goto("/jobs");
    await rows(page).first().waitFor();
    assert.equal(await page.evaluate(() => window.streams.length), 0);
    await setVisibility(page, "visible");
    await page.getByText("Live", { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => window.streams.length), 1);
  }));

test("back from a job, rows stay where the newest page has none of them, and what may have changed is asked for", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const [ran, unknown] = [await run(), await run()];
    const stranger = { ...await jobOf(page, ran), job_id: "01a00000-0000-7000-8000-000000000001", number: "999999" };
    const before = [
      { ...await jobOf(page, ran), status: "IN_PROGRESS", effect: "EFFECT_UNSPECIFIED", etag: "0" },
      { ...await jobOf(page, unknown), status: "FAILED", effect: "UNKNOWN", etag: "0" },
    ];
    let jobs = before;
    await answerLists(page, () => ({ jobs, next_page_token: "" }));
    await page.reload();
    await rowOf(page, ran).getByText("IN_PROGRESS", { exact: true }).waitFor();
    await rowOf(page, unknown).getByText("FAILED", { exact: true }).waitFor();
    jobs = [stranger];
    await rowOf(page, ran).locator("a.job-link").click();
    await page.waitForURL(`**/jobs/${ran}`);
    await page.goBack();
    const news = page.getByRole("button", { name: "New jobs", exact: true });
    await news.waitFor();
    for (const id of [ran, unknown]) await rowOf(page, id).getByText("SUCCESS", { exact: true }).waitFor();
    assert.deepEqual(await rowIds(page), [ran, unknown]);
    await news.click();
    await rowOf(page, stranger.job_id).waitFor();
  }));
