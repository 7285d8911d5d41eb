// The "Testing Scenarios" of the feature's description, step by step.

import assert from "node:assert/strict";
import test from "node:test";

import { auditRow, colourOf, GREEN, newCid, RED, runAction, stack, tooltipOf, withPage }
  from "./harness.js";

test("Test 1: Successful Set Action shows a GREEN SUCCESS badge", () => withPage({}, async (page) => {
  const job = await runAction(page, {
    action: "Tran-Begin", cids: [newCid(), newCid()], token: await stack.token() });
  const badge = (await auditRow(page, job)).getByText("SUCCESS", { exact: true });
  assert.equal(await colourOf(badge), GREEN);
}));

test("Test 2: Failed Set Action (Invalid Token) shows a RED FAILED badge and HTTP 401 on hover",
  () => withPage({}, async (page) => {
    const job = await runAction(page, { cids: [newCid()], token: await stack.token("401") });
    const badge = (await auditRow(page, job)).getByText("FAILED", { exact: true });
    assert.equal(await colourOf(badge), RED);
    assert.match(await tooltipOf(page, badge), /^HTTP 401 - .*Invalid access token/);
  }));

test("Test 3: Timeout Scenario shows a RED FAILED badge and the timeout on hover",
  () => withPage({}, async (page) => {
    const job = await runAction(page, {
      cluster: "short", cids: [newCid()], token: await stack.token("never") });
    const row = await auditRow(page, job);
    const badge = row.getByText("FAILED", { exact: true });
    assert.equal(await colourOf(badge), RED);
    assert.equal(await tooltipOf(page, badge), "Request timeout after 0.5s");
    // And more than the scenario asks for: the cluster may have acted.
    const unknown = row.getByText("unknown", { exact: true });
    assert.match(await tooltipOf(page, unknown), /may have acted: check before repeating/);
  }));

test("Test 4: API Rejection (API Success=False) shows a RED FAILED badge, HTTP 200 and the API's message",
  () => withPage({}, async (page) => {
    const job = await runAction(page, { cids: [newCid()], token: await stack.token("refused-state") });
    const badge = (await auditRow(page, job)).getByText("FAILED", { exact: true });
    assert.equal(await colourOf(badge), RED);
    assert.equal(await tooltipOf(page, badge), "HTTP 200 - TMS bootstrap status(INIT) is not Ready");
  }));
