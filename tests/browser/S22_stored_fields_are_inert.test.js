// S22: whatever stands in a stored field is text to the page, never markup, script or style.

import assert from "node:assert/strict";
import test from "node:test";

import { newCid, stack, tell, withPage } from "./harness.js";

const EVIL = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`;
const SHORT = "'><svg onload=window.pwned=1>";

async function assertInert(page, texts) {
  for (const text of texts) await page.getByText(text, { exact: false }).first().waitFor({ state: "attached" });
  const found = await page.evaluate(() => ({
    pwned: window.pwned,
    markup: document.querySelectorAll("#app script, #app img:not([src^='/v/'][src$='/favicon.svg']), #app svg[onload]").length,
    handlers: [...document.querySelectorAll("#app *")].filter((element) =>
      [...element.attributes].some(({ name, value }) => name.startsWith("on") ||
        (/^(href|src|action)$/.test(name) && /^\s*javascript:/i.test(value))))
      .length,
  }));
  assert.deepEqual(found, { pwned: undefined, markup: 0, handlers: 0 });
}

test("S22: in the list, its filters and its live changes", () => withPage({}, async (page) => {
  const cid = `${newCid()}${SHORT}`;
  const id = await stack.ask("set_action", "refused-cids", {
    user_id: `${EVIL}user`, batch_id: `${SHORT}batch`, cids: [cid], request_id: `${SHORT}1` });
  const query = new URLSearchParams({ cid, batch_id: `${SHORT}batch`, user_ids: `${EVIL}user` });
  await page.goto(`/jobs?${query}`);
  const row = page.locator(`tr[data-job="${id}"]`);
  await row.waitFor();
  await row.getByText("FAILED", { exact: true }).hover();
  await page.getByRole("tooltip").getByText(SHORT, { exact: false }).waitFor();
  await assertInert(page, [`${EVIL}user`, `${SHORT}batch`, cid]);
  const job = await (await page.request.get(`/api/v1/jobs/${id}?view=BASIC`)).json();
  await tell(page, { ...job, action_name: `${EVIL}action`, cluster: SHORT, etag: "99" });
  await assertInert(page, [`${EVIL}action`]);
}));

test("S22: on the job's page, its answer, customers and timeline", () => withPage({}, async (page) => {
  const cid = `${newCid()}${SHORT}`;
  const id = await stack.ask("set_action", "refused-cids", {
    user_id: `${EVIL}user`, batch_id: SHORT, source_ip: SHORT, cids: [cid, EVIL],
    rerun_of: "javascript:alert(1)" });
  await page.goto(`/jobs/${id}`);
  await page.getByText("Finished", { exact: true }).nth(1).waitFor();
  await page.locator(".cid-list li").first().waitFor({ state: "attached" });
  await assertInert(page, [`${EVIL}user`, cid, SHORT]);
  assert.equal(await page.locator('.fact a[href="/jobs/javascript%3Aalert(1)"]').count(), 1);
}));

test("S22: on the way to running it again, and in what a file brings", () =>
  withPage({ path: "/set-action", expected: [/404/] }, async (page) => {
    await page.getByLabel("Files with customers").setInputFiles({
      name: `${EVIL}.csv`, mimeType: "text/csv",
      buffer: Buffer.from(`${SHORT},cid\n${EVIL.replaceAll('"', "'")},1000001\n`) });
    await assertInert(page, [`${EVIL}.csv`, SHORT]);
    await page.goto(`/jobs/${encodeURIComponent(`x${EVIL.replaceAll("/", "")}`)}`);
    await page.getByRole("heading", { name: "No such job" }).waitFor();
    await assertInert(page, ["onerror"]);
  }));
