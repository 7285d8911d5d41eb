// Every state of the list of jobs, of the overview, and of what stands around a page, as it is seen.

import { newCid, stack, tell } from "./harness.js";
import { away, held, problem, testStates } from "./looks.js";

const LIST = "**/api/v1/jobs?*";
const STATS = "**/api/v1/jobs:stats?*";
const ME = "**/api/v1/me";

const run = (behaviour, fields = {}) => stack.ask("set_action", behaviour, { cids: [newCid()], ...fields });
const heading = (name) => (page) => page.getByRole("heading", { name });
const rows = (page) => page.locator("tr[data-job]");
const loading = (what) => (page) => page.getByRole("status", { name: `Loading ${what}` });

let seeded;
// A few jobs of each outcome, once.
const someJobs = (path) => () => (seeded ??= (async () => {
  for (const behaviour of ["accepted", "refused-cids", "accepted", "503", "401", "accepted"]) await run(behaviour);
  await run("never", { cluster: "short" });
})()).then(() => path);

const jobs = (page, count) => page.request.get(`/api/v1/jobs?page_size=${count}`)
  .then((answer) => answer.json()).then((list) => list.jobs);
// As if the job had been made just now.
const anew = (job, i) => ({ ...job, job_id: `01a00000-0000-7000-8000-00000000000${i}`, number: `${900 + i}` });

async function chosen(page) {
  for (const i of [0, 2, 3]) await rows(page).nth(i).getByRole("checkbox").check();
  return page.getByText("3 jobs selected");
}

async function views(page) {
  await page.getByText("Views", { exact: true }).click();
  return page.getByRole("button", { name: "Save these filters…" });
}

async function searched(page) {
  await page.getByLabel("Search by job id or customer id").fill("somebody-elses");
  await page.keyboard.press("Enter");
  return page.getByRole("alert");
}

// New rows wait above the list, and one of those below belongs to it no longer.
async function changedLive(page) {
  await rows(page).first().waitFor();
  const failed = (await jobs(page, 7)).filter((job) => job.status === "FAILED");
  for (const [i, job] of failed.slice(0, 2).entries()) await tell(page, anew(job, i));
  await tell(page, { ...failed[0], status: "SUCCESS", effect: "APPLIED", etag: "99" });
  await page.getByText("no longer in this list").waitFor();
  return page.getByRole("button", { name: "2 new" });
}

async function tooltip(page) {
  await rows(page).getByRole("button", { name: "FAILED" }).first().focus();
  return page.getByRole("tooltip");
}

// One page came, the next does not.
const brokenPaging = async (route) => {
  if (new URL(route.request().url()).searchParams.has("page_token")) return away(route);
  const answer = await route.fetch();
  return route.fulfill({ json: { ...await answer.json(), next_page_token: "more" } });
};

async function sessionLost(page) {
  await rows(page).first().waitFor();
  await page.route(LIST, problem(401, "NOT_LOGGED_IN", "nobody is logged in"));
  await page.getByRole("button", { name: "Load the list anew" }).click();
  return page.getByRole("dialog", { name: "Log in again" }).getByLabel("Password");
}

async function refusedLogin(page) {
  await page.getByLabel("User name").fill("dev");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  return page.getByText("User name or password is wrong.");
}

async function overviewThenAway(page) {
  await page.locator(".plot").waitFor();
  await page.route(STATS, away);
  await page.clock.fastForward(11_000);
  return page.getByRole("alert");
}

testStates([
  // Before there is any job.
  { name: "overview-empty", path: "/", reach: heading("No jobs in the last 7 days") },
  { name: "jobs-empty", path: "/jobs", reach: heading("No jobs yet") },
  { name: "jobs-empty-viewer", user: "vic", path: "/jobs", reach: heading("No jobs yet") },

  { name: "jobs-loading", path: someJobs("/jobs"), answers: { [LIST]: held }, reach: loading("jobs") },
  { name: "jobs-ledger-away", path: "/jobs", answers: { [LIST]: away, [STATS]: away }, expected: [/503/],
    reach: heading("The ledger is away") },
  { name: "jobs-no-connection", path: "/jobs", answers: { [LIST]: (route) => route.abort() }, expected: [/net::/],
    reach: heading("No connection") },
  { name: "jobs-no-rights", path: "/jobs", expected: [/403/],
    answers: { [LIST]: problem(403, "ROLE_REQUIRED", "needs role viewer, operator, auditor or admin") },
    reach: heading("Not yours to see") },
  { name: "jobs-searching", path: "/jobs?clusters=alpha",
    answers: { [LIST]: (route) => route.fulfill({ json: { jobs: [], next_page_token: "more" } }) },
    reach: heading("No match among the newer jobs") },
  { name: "jobs-next-page-missing", path: someJobs("/jobs"), answers: { [LIST]: brokenPaging }, expected: [/503/],
    reach: (page) => page.getByRole("alert") },
  { name: "jobs-search-refused", path: someJobs("/jobs"), expected: [/403/], reach: searched,
    answers: { "**/api/v1/jobs/*": problem(403, "NOT_YOUR_JOB", "the job is another user's; auditors and administrators see all") } },
  { name: "jobs-selected", path: someJobs("/jobs"), reach: chosen },
  { name: "jobs-views", path: someJobs("/jobs?statuses=FAILED"), reach: views },
  { name: "jobs-save-view", path: someJobs("/jobs?statuses=FAILED"),
    reach: async (page) => {
      await (await views(page)).click();
      return page.getByRole("dialog", { name: "Save this view" });
    } },
  { name: "jobs-changed", path: someJobs("/jobs?statuses=FAILED"), reach: changedLive },
  { name: "jobs-tooltip", path: someJobs("/jobs"), reach: tooltip },

  { name: "overview-loading", path: "/", answers: { [STATS]: held }, reach: loading("the overview") },
  { name: "overview-ledger-away", path: "/", answers: { [STATS]: away }, expected: [/503/],
    reach: heading("The ledger is away") },
  { name: "overview-ledger-away-later", path: someJobs("/"), clock: true, expected: [/503/], reach: overviewThenAway },
  { name: "overview-no-rights", path: "/", expected: [/403/], reach: heading("Not yours to see"),
    answers: { [STATS]: problem(403, "ROLE_REQUIRED", "needs role viewer, operator, auditor or admin") } },
  { name: "overview-own", user: "vic", path: "/", reach: (page) => page.getByText("your own jobs") },

  { name: "session-lost", path: someJobs("/jobs"), expected: [/401/], reach: sessionLost },
  { name: "login-refused", user: null, path: "/login", expected: [/401/], reach: refusedLogin },
  { name: "page-no-connection", path: "/", answers: { [ME]: (route) => route.abort() }, expected: [/net::/],
    reach: heading("No connection") },
]);
