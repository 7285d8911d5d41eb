// What the tests of User Jobs Audit share.

import { newCid, stack } from "./harness.js";

/** Runs one Set Action by the API and waits for its outcome; answers with the job's id. */
export const run = (behaviour = "accepted", fields = {}) =>
  stack.ask("set_action", behaviour, { cids: [newCid()], ...fields });

export const rows = (page) => page.locator("tr[data-job]");
export const rowOf = (page, id) => page.locator(`tr[data-job="${id}"]`);
export const rowIds = (page) => rows(page).evaluateAll((list) => list.map((row) => row.dataset.job));

/** A job as a list has it. */
export const jobOf = async (page, id) => (await page.request.get(`/api/v1/jobs/${id}?view=BASIC`)).json();

/** Answers the page's requests for the list by `answer(page token, request)`: `{jobs, next_page_token}`, or a status. */
export const answerLists = (page, answer) => page.route("**/api/v1/jobs?*", (route) => {
  const token = new URL(route.request().url()).searchParams.get("page_token") ?? "";
  const json = answer(token, route.request());
  if (typeof json !== "number") return route.fulfill({ json });
  return route.fulfill({ status: json, contentType: "application/problem+json",
    json: { status: json, detail: "the ledger does not answer" } });
});
