// Every state of Set Action, from the form to the outcome, as it is seen.

import { fillForm, newCid, stack } from "./harness.js";
import { away, held, problem, testStates } from "./looks.js";

const path = "/set-action";
const ACTIONS = "**/api/v1/actions";
const LIST = "**/api/v1/jobs?*";

const heading = (name) => (page) => page.getByRole("heading", { name });
const text = (what) => (page) => page.getByText(what);
const result = (page) => page.locator(".result");

// What becomes of the request itself; the catalogue of actions has the same address.
const sent = (answer) => ({
  [ACTIONS]: (route) => (route.request().method() === "POST" ? answer(route) : route.fallback()),
});
const lost = sent((route) => route.abort());
const ledgerAway = sent(problem(503, "LEDGER_UNAVAILABLE", "the ledger did not confirm the start in time"));
const changedAnswer = (fields) => sent(async (route) => {
  const answer = await route.fetch();
  return route.fulfill({ json: { ...await answer.json(), ...fields } });
});

// Fills in the form, confirms it, and goes on to what `then` answers.
const run = (then, { behaviour = "accepted", count = 3, cids } = {}) => async (page) => {
  const customers = cids ?? Array.from({ length: count }, newCid);
  await fillForm(page, { cids: customers, token: await stack.token(behaviour) });
  await page.getByRole("button", { name: "Yes, proceed" }).click();
  return then(page);
};

const after = (seconds, then) => async (page) => {
  await heading("Waiting for the cluster")(page).waitFor();
  await page.clock.fastForward(seconds * 1000);
  return then(page);
};

// Until the request can't begin any more.
async function gaveUp(page) {
  await text("It may still be waiting for a free slot")(page).waitFor();
  await page.clock.fastForward(140_000);
  return heading("The ledger does not know this request")(page);
}

async function left(page) {
  await page.getByRole("button", { name: "Back to the form" }).click();
  await page.getByText("1 earlier request").click();
  return page.getByRole("button", { name: "Ask again" });
}

const runningJob = (route) => route.fulfill({ json: { next_page_token: "", jobs: [{
  job_id: "01a00000-0000-7000-8000-000000000001", status: "IN_PROGRESS", created_at: new Date().toISOString() }] } });

async function wrongForm(page) {
  await page.getByText("Timeout and batch").click();
  await page.getByLabel("Timeout in seconds").fill("500");
  await page.getByLabel("Customer ids").fill(`1000001\n${"x".repeat(200)}\n1000001`);
  await page.getByLabel("Files with customers").setInputFiles(
    { name: "picture.png", mimeType: "image/png", buffer: Buffer.from("PNG\0") });
  await page.getByText("Which ones are invalid").click();
  await page.getByRole("button", { name: /^Set Action/ }).click();
  return page.getByText("Choose a cluster.");
}

async function badBatch(page) {
  await page.getByText("Timeout and batch").click();
  await page.getByLabel("Batch (a label of your own)").fill("tab\u0009here");
  return run(text("Nothing was sent to the cluster."))(page);
}

const again = (behaviour, fields = {}) => async () => {
  const job = await stack.ask("set_action", behaviour, { cids: [newCid(), newCid()], user_id: "dev", ...fields });
  return `/set-action?rerun_of=${job}`;
};

// Asks whether the others of a cut list of refused customers, or a job of unknown outcome, are to be sent.
async function askedAgain(page) {
  await page.getByLabel("API token").fill("t");
  await page.getByRole("button", { name: /^Set Action/ }).click();
  return page.getByRole("dialog");
}

const refusedInPart = (page) => page.getByRole("button", { name: /^Retry those not known to be refused/ });
const manyRefused = { behaviour: "refused-cids",
  cids: Array.from({ length: 400 }, (_, i) => `refused-${i}-with-a-long-name`) };

testStates([
  { name: "set-action-loading", path, answers: { "**/api/v1/clusters": held },
    reach: (page) => page.getByRole("status", { name: "Loading the form" }) },
  { name: "set-action-no-services", path, answers: { "**/api/v1/clusters": away }, expected: [/503/],
    reach: heading("The action service is away") },
  { name: "set-action-no-rights", path, user: "vic", reach: heading("Not yours to see") },
  { name: "set-action-mistakes", path, reach: wrongForm },
  { name: "set-action-run-again", path: again("close"), reach: text("Its outcome is unknown") },
  { name: "set-action-run-again-confirm", path: again("close"), reach: askedAgain },

  { name: "set-action-waiting", path, clock: true, answers: sent(held),
    reach: run(after(12, async (page) => {
      await text(/1\d s of at most 30 s/)(page).waitFor();
      return heading("Waiting for the cluster")(page);
    })) },
  { name: "set-action-overtime", path, clock: true, answers: sent(held),
    reach: run(after(32, text("The time is over; the outcome is being recorded."))) },
  { name: "set-action-not-called", path, reach: badBatch, expected: [/400/] },
  { name: "set-action-cluster-busy", path, expected: [/429/], reach: run(text("Nothing was sent to the cluster.")),
    answers: sent(problem(429, "CLUSTER_BUSY", "1000 calls to alpha are waiting already")) },
  { name: "set-action-ledger-away", path, answers: ledgerAway, expected: [/503/],
    reach: run(heading("The ledger is away")) },
  { name: "set-action-question-expired", path, clock: true, answers: ledgerAway, expected: [/503/],
    reach: run(async (page) => {
      await heading("The ledger is away")(page).waitFor();
      await page.clock.fastForward(301_000);
      return page.getByText(/stayed open for too long/);
    }) },

  { name: "set-action-looking", path, answers: lost, expected: [/net::/],
    reach: run(text("It may still be waiting for a free slot")) },
  { name: "set-action-looking-ledger-away", path, answers: { ...lost, [LIST]: away }, expected: [/net::|503/],
    reach: run(text("The ledger can't be asked just now")) },
  { name: "set-action-found-in-progress", path, answers: { ...lost, [LIST]: runningJob }, expected: [/net::/],
    reach: run((page) => page.getByRole("link", { name: "Open its job" })) },
  { name: "set-action-absent", path, clock: true, answers: lost, expected: [/net::/], reach: run(gaveUp) },
  { name: "set-action-left", path, answers: lost, expected: [/net::/], reach: run(left) },

  { name: "outcome-success", path, reach: run(result) },
  { name: "outcome-in-the-spool", path, answers: changedAnswer({ recorded_in: "SPOOL" }),
    reach: run(text("recorded on the action service's disk")) },
  { name: "outcome-sent-before", path, answers: changedAnswer({ deduplicated: true }),
    reach: run(text("This request had been sent before")) },
  { name: "outcome-http-error", path, reach: run(result, { behaviour: "401" }) },
  { name: "outcome-refused", path, reach: run((page) => page.getByRole("button", { name: "Retry the others (3)" }),
    { behaviour: "refused-cids~count=2", count: 5 }) },
  { name: "outcome-refused-in-part", path, reach: run(refusedInPart, manyRefused) },
  { name: "outcome-refused-in-part-confirm", path, reach: run(async (page) => {
    await refusedInPart(page).click();
    return askedAgain(page);
  }, { ...manyRefused, cids: manyRefused.cids.map((cid) => `more-${cid}`) }) },
]);
