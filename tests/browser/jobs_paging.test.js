// User Jobs Audit: pages, the search for matches further on, and the order.

import assert from "node:assert/strict";
import test from "node:test";

import { stack, withPage } from "./harness.js";
import { answerLists, jobOf, rowIds, rowOf, rows, run } from "./jobs_page.js";

test("a page without a match is no end while older jobs have not been looked through", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const id = await run("401");
    const found = await jobOf(page, id);
    const asked = [];
    let needed = 3;
    await answerLists(page, (token, request) => {
      if (token !== "") asked.push(request.headers()["x-tms-background"]);
      return asked.length < needed ? { jobs: [], next_page_token: `t${asked.length + 1}` }
        : { jobs: [found], next_page_token: "" };
    });
    await page.goto("/jobs?failure_reasons=HTTP_ERROR");
    await rowOf(page, id).waitFor();
    assert.deepEqual(asked, ["1", "1", "1"]);
    // Not for ever by itself.
    asked.length = 0;
    needed = 12;
    await page.goto("/jobs?failure_reasons=HTTP_ERROR&clusters=alpha");
    const on = page.getByRole("button", { name: "Search on in older jobs" });
    await on.waitFor();
    assert.equal(asked.length, 10);
    await page.getByRole("heading", { name: "No match among the newer jobs" }).waitFor();
    await on.click();
    await rowOf(page, id).waitFor();
    assert.deepEqual(asked.slice(10), [undefined, "1"], "a person's wish, then the page's own");
  }));

test("the search for more than a few rows ends by itself as well, and says which way it went", () =>
  withPage({ path: "/jobs" }, async (page) => {
    const [first, last] = [await jobOf(page, await run()), await jobOf(page, await run())];
    let pages = 0;
    await answerLists(page, (token) => {
      if (token === "") return { jobs: [first], next_page_token: "t0" };
      pages += 1;
      return pages < 13 ? { jobs: [], next_page_token: `t${pages}` } : { jobs: [last], next_page_token: "" };
    });
    await page.goto("/jobs?order=oldest");
    const on = page.getByRole("button", { name: "Search on in newer jobs" });
    await on.waitFor();
    await page.getByText("No further match so far.").waitFor();
    assert.equal(pages, 10);
    assert.deepEqual(await rowIds(page), [first.job_id]);
    await on.click();
    await page.getByText("That is all.").waitFor();
    assert.deepEqual(await rowIds(page), [first.job_id, last.job_id]);
  }));

test("a search that is stopped stays where it is", () => withPage({ path: "/jobs" }, async (page) => {
  const found = await jobOf(page, await run());
  let held = true;
  const asked = [];
  await page.route("**/api/v1/jobs?*", (route) => {
    const token = new URL(route.request().url()).searchParams.get("page_token") ?? "";
    asked.push(token);
    if (token === "") return route.fulfill({ json: { jobs: [], next_page_token: "t1" } });
    // Until it is stopped, no page is answered.
    return held ? undefined : route.fulfill({ json: { jobs: [found], next_page_token: "" } });
  });
  const search = page.waitForRequest(/page_token=t1/);
  await page.goto("/jobs?clusters=alpha&order=oldest");
  await page.getByRole("heading", { name: "Searching newer jobs…" }).waitFor();
  await search;
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("heading", { name: "No match among the older jobs" }).waitFor();
  held = false;
  await page.getByRole("button", { name: "Search on in newer jobs" }).click();
  await rowOf(page, found.job_id).waitFor();
  assert.deepEqual(asked.filter((token) => token !== ""), ["t1", "t1"]);
}));

test("a page that failed is tried again from where the search was, with and without rows", () =>
  withPage({ path: "/jobs", expected: [/503/] }, async (page) => {
    const [first, last] = [await jobOf(page, await run()), await jobOf(page, await run())];
    for (const begun of [[], [first]]) {
      const asked = [];
      await answerLists(page, (token) => {
        if (token === "") return { jobs: begun, next_page_token: "t1" };
        asked.push(token);
        if (token === "t1") return { jobs: [], next_page_token: "t2" };
        return asked.length === 2 ? 503 : { jobs: [last], next_page_token: "" };
      });
      await page.goto("/jobs?clusters=alpha");
      await page.getByText("The ledger is away").waitFor();
      assert.deepEqual(await rowIds(page), begun.map((job) => job.job_id));
      await page.getByRole("button", { name: "Try again" }).click();
      await rowOf(page, last.job_id).waitFor();
      assert.deepEqual(asked, ["t1", "t2", "t2"]);
      assert.deepEqual(await rowIds(page), [...begun, last].map((job) => job.job_id));
      await page.unroute("**/api/v1/jobs?*");
    }
  }));

test("pages follow by themselves to the end, and back finds the list as it was", () =>
  withPage({ path: "/jobs" }, async (page) => {
    await Promise.all(Array.from({ length: 60 }, () => run()));
    await page.reload();
    await rows(page).nth(49).waitFor();
    const asked = page.waitForRequest(/page_token=/);
    await rows(page).nth(49).scrollIntoViewIfNeeded();
    assert.equal((await asked).headers()["x-tms-background"], undefined, "whoever scrolls is there");
    await page.getByText("That is all.").waitFor();
    const ids = await rowIds(page);
    assert.equal(ids.length, await stack.ask("job_count"));
    assert.equal(new Set(ids).size, ids.length);
    await rows(page).nth(55).locator("a.job-link").click();
    await page.waitForURL(`**/jobs/${ids[55]}`);
    await page.goBack();
    await rows(page).nth(55).waitFor();
    assert.ok(await rows(page).nth(55).locator("a.job-link").isVisible());
    assert.ok(await page.evaluate(() => window.scrollY) > 500);
  }));

test("jobs are sorted by time, either way", () => withPage({ path: "/jobs" }, async (page) => {
  await rows(page).nth(49).waitFor();
  const newest = await rowIds(page);
  await page.getByRole("button", { name: "Time", exact: true }).click();
  await page.waitForURL("**/jobs?order=oldest");
  const answer = await page.request.get("/api/v1/jobs?order_by=created_at&page_size=50");
  const oldest = (await answer.json()).jobs.map((job) => job.job_id);
  await page.waitForFunction((id) => document.querySelector("tr[data-job]")?.dataset.job === id, oldest[0]);
  await rows(page).nth(49).waitFor();
  assert.deepEqual((await rowIds(page)).slice(0, 50), oldest);
  await rows(page).last().scrollIntoViewIfNeeded();
  await page.getByText("That is all.").waitFor();
  const all = await rowIds(page);
  assert.equal(all.length, await stack.ask("job_count"));
  assert.deepEqual(all.reverse().slice(0, newest.length), newest);
  assert.equal(await page.getByRole("columnheader", { name: "Time" }).getAttribute("aria-sort"), "ascending");
}));
