// Every state of the page of one job, as it is seen.

import { newCid, stack } from "./harness.js";
import { away, held, problem, testStates } from "./looks.js";

const JOB = "**/api/v1/jobs/*";

const made = new Map();
// A job that ended so, made once.
async function jobOf(behaviour, fields = {}) {
  if (!made.has(behaviour)) {
    const cids = Array.from({ length: 4 }, newCid);
    made.set(behaviour, await stack.ask("set_action", behaviour, { cids, ...fields }));
  }
  return made.get(behaviour);
}
const pageOf = (behaviour, fields) => async () => `/jobs/${await jobOf(behaviour, fields)}`;
const heading = (name) => (page) => page.getByRole("heading", { name });
const alert = (page) => page.getByRole("alert");

// The job as the ledger has it, with some fields changed.
const changed = (fields) => async (route) => {
  const answer = await route.fetch();
  return route.fulfill({ json: { ...await answer.json(), ...fields } });
};
const runs = (route) => changed({
  status: "IN_PROGRESS", effect: "EFFECT_UNSPECIFIED", outcome_source: "OUTCOME_SOURCE_UNSPECIFIED",
  http_status: undefined, elapsed: undefined, finished_at: undefined, response_summary: undefined,
  created_at: new Date().toISOString(), deadline_at: new Date(Date.now() + 45_000).toISOString(),
})(route);
const startedOnly = async (route) => {
  const { events } = await (await route.fetch()).json();
  return route.fulfill({ json: { events: events.slice(0, 1), next_page_token: "" } });
};
const running = { [JOB]: runs, "**/events?*": startedOnly };

async function settling(page) {
  await page.getByRole("button", { name: "Settle…" }).click();
  await page.getByLabel("The cluster did not act").check();
  await page.getByLabel("How do you know?").fill("Asked the cluster: none of them was moved.");
  return page.getByRole("button", { name: "Settle", exact: true });
}

// Answers one look and fails the next.
function onceThenAway() {
  let looks = 0;
  return (route) => ((looks += 1) === 1 ? runs(route) : away(route));
}

testStates([
  { name: "job-loading", path: pageOf("accepted"), answers: { [JOB]: held },
    reach: (page) => page.getByRole("status", { name: "Loading the job" }) },
  { name: "job-ledger-away", path: pageOf("accepted"), answers: { [JOB]: away }, expected: [/503/],
    reach: heading("The ledger is away") },
  { name: "job-not-yours", user: "vic", path: pageOf("accepted"), expected: [/403/], reach: heading("Not yours to see") },
  { name: "job-no-such", path: "/jobs/nothing", expected: [/404/], reach: heading("No such job") },
  { name: "job-not-in-the-ledger", path: "/jobs/01a00000-0000-7000-8000-000000000001", expected: [/404/],
    reach: heading("Not in the ledger") },

  { name: "job-in-progress", path: pageOf("accepted"), answers: running,
    reach: (page) => page.getByText("Waiting for the cluster") },
  { name: "job-in-progress-ledger-away", path: pageOf("accepted"), answers: { ...running, [JOB]: onceThenAway() },
    expected: [/503/], reach: alert },
  { name: "job-parts-missing", path: pageOf("accepted"), expected: [/503/],
    answers: { "**/events?*": away, "**/customers?*": away }, reach: alert },
  { name: "job-success", path: pageOf("accepted"), reach: (page) => page.locator(".cid-list li") },
  { name: "job-of-a-viewer", user: "vic", path: pageOf("401", { user_id: "vic" }),
    reach: (page) => page.getByText("Run again is not possible") },
  { name: "job-related", path: pageOf("close~applied=0"),
    answers: { [JOB]: changed({ conflict: true, twin_of: "01a00000-0000-7000-8000-000000000002",
      rerun_of: "01a00000-0000-7000-8000-000000000003", reruns: ["01a00000-0000-7000-8000-000000000004"] }) },
    reach: (page) => page.getByText("Twin of") },

  { name: "job-settle", path: pageOf("close~applied=0"), reach: settling },
  { name: "job-settle-refused", path: pageOf("close~applied=0"), expected: [/409/],
    reach: async (page) => {
      await page.route(JOB, (route) => (route.request().method() === "PATCH"
        ? problem(409, "ETAG_MISMATCH", "the job has changed")(route) : route.continue()));
      await (await settling(page)).click();
      return page.getByText("Somebody changed this job in the meantime.");
    } },
  { name: "job-settled", path: pageOf("close~applied=0"),
    reach: async (page) => {
      await (await settling(page)).click();
      return page.getByText("“Asked the cluster: none of them was moved.”");
    } },
]);
