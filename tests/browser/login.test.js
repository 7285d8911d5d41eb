// Who may in, what each role sees, and what happens to the page when a session ends.

import assert from "node:assert/strict";
import fs from "node:fs";
import test from "node:test";

import { fillForm, newCid, stack, withPage } from "./harness.js";

const rows = (page) => page.locator("tr[data-job]");

async function logIn(page, user, password = stack.password) {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("nobody sees anything but the login; it leads back to where one wanted to go", () => withPage(
  { user: null, path: "/login?next=/jobs", expected: [/401/] }, async (page) => {
    await logIn(page, "dev", "wrong");
    await page.getByText("User name or password is wrong.").waitFor();
    await logIn(page, "nobody", "wrong");
    await page.getByText("User name or password is wrong.").waitFor();
    await logIn(page, "dev");
    await page.getByRole("heading", { name: "User Jobs Audit" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/jobs");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("User name").waitFor();
    await page.goto("/jobs");
    await page.getByLabel("User name").waitFor();
    assert.equal(await page.getByText("User Jobs Audit").count(), 0);
  }));

test("the login leads to no other site", () => withPage(
  { user: null, path: "/login?next=//evil.example/", expected: [/401/] }, async (page) => {
    await logIn(page, "dev");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    assert.equal(new URL(page.url()).origin, stack.url);
  }));

test("a session that ends asks for the password and loses nothing that was typed", () => withPage(
  { path: "/set-action", expected: [/401/] }, async (page) => {
    await page.getByLabel("Customer ids").waitFor();
    const cid = newCid();
    await page.context().clearCookies();
    await fillForm(page, { cids: [cid], token: await stack.token() });
    await page.getByRole("button", { name: "Yes, proceed" }).click();
    const dialog = page.getByRole("dialog", { name: "Log in again" });
    await dialog.waitFor();
    for (let i = 0; i < 3; i += 1) await page.keyboard.press("Escape");
    await dialog.waitFor();
    assert.equal(await stack.ask("hits", cid), 0);
    await logIn(page, "dev");
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.getByLabel("Customer ids").inputValue(), cid);
    await page.getByLabel("API token").fill(await stack.token());
    await page.getByRole("button", { name: /^Set Action/ }).click();
    await page.getByRole("button", { name: "Yes, proceed" }).click();
    await page.locator(".result").getByText("SUCCESS", { exact: true }).waitFor();
    assert.equal(await stack.ask("hits", cid), 1);
  }));

test("a viewer sees their own jobs only, and why the rest is not for them", () =>
  withPage({ user: "vic", path: "/jobs" }, async (page) => {
    await stack.ask("set_action", "accepted", { cids: [newCid()], user_id: "ada" });
    const own = await stack.ask("set_action", "close", { cids: [newCid()], user_id: "vic" });
    await page.reload();
    await rows(page).first().waitFor();
    assert.deepEqual(await rows(page).evaluateAll((list) => list.map((row) => row.dataset.job)), [own]);
    await page.getByRole("button", { name: "Export" }).hover();
    await page.getByRole("tooltip").getByText("Exports need the role auditor").waitFor();
    await page.getByRole("link", { name: "Set Action", exact: true }).first().click();
    await page.getByText("Running actions needs the role operator.").waitFor();
    await page.goto(`/jobs/${own}`);
    await page.getByText("Run again is not possible: Running actions needs the role operator.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Settle…" }).count(), 0);
  }));

test("an operator runs actions and does not settle them", () =>
  withPage({ user: "oscar", path: "/set-action" }, async (page) => {
    await fillForm(page, { cids: [newCid()], token: await stack.token("close") });
    await page.getByRole("button", { name: "Yes, proceed" }).click();
    await page.getByRole("link", { name: "Open the job" }).click();
    await page.getByText("The cluster may have acted: check before repeating.").waitFor();
    await page.getByRole("link", { name: "Run again" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Settle…" }).count(), 0);
  }));

test("an auditor reads everybody's jobs, exports what is filtered, and runs nothing", () =>
  withPage({ user: "audrey", path: "/jobs" }, async (page) => {
    const id = await stack.ask("set_action", "accepted", {
      cids: [newCid()], user_id: "ada", batch_id: "=cmd()" });
    await page.goto("/jobs?batch_id=%3Dcmd()");
    await rows(page).first().waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"), page.getByRole("link", { name: "Export CSV" }).click()]);
    const text = fs.readFileSync(await download.path(), "utf8");
    assert.equal(text.trim().split("\n").length, 2, text);
    assert.ok(text.includes(id) && !/(^|,)=cmd/.test(text), text);
    await page.goto("/set-action");
    await page.getByText("Running actions needs the role operator.").waitFor();
  }));

test("changes come by themselves, over the real stream", () =>
  withPage({ path: "/jobs", live: true }, async (page) => {
    const slow = await stack.ask("submit_action", "delay~ms=5000", { cids: [newCid()] });
    await page.reload();
    const row = page.locator(`tr[data-job="${slow}"]`);
    await row.getByText("IN_PROGRESS", { exact: true }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    const before = await rows(page).count();
    await stack.ask("set_action", "accepted", { cids: [newCid()] });
    await page.getByRole("button", { name: "1 new" }).waitFor();
    await row.getByText("SUCCESS", { exact: true }).waitFor();
    assert.equal(await rows(page).count(), before);
  }));
