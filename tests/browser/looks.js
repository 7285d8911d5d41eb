// What a page looks like in each of the looks: no accessibility violations, nothing wider than the screen or its dialog,
// and a picture kept for people.

import assert from "node:assert/strict";
import test from "node:test";

import { assertAccessible, keepScreenshot, LOOKS, withPage } from "./harness.js";

// Where nothing is asked yet: what the page will be answered is arranged first.
const BEFORE_THE_PAGE = "about:blank";

// Buttons that a dialog cuts off at a side.
const cutOff = (page) => page.locator("dialog[open] button").evaluateAll((buttons) => buttons.filter((button) => {
  const [own, all] = [button, button.closest("dialog")].map((element) => element.getBoundingClientRect());
  return own.left < all.left || own.right > all.right;
}).map((button) => button.textContent));

/** What is seen now is accessible and fits; the picture is kept as `NAME-LOOK`. */
export async function assertSeen(page, name, look) {
  const [wide, seen] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  await keepScreenshot(page, `${name}-${look}`);
  assert.ok(wide <= seen, `${name}, ${look}: ${wide} px wide on ${seen}`);
  assert.deepEqual(await cutOff(page), [], `${name}, ${look}: cut off`);
  await assertAccessible(page, `${name}, ${look}`);
}

// A window changes its size and its theme while the page stays as it is.
async function turnTo(page, { viewport, colorScheme }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
}

/**
 * One test for each of `states`, `{name, path, reach, answers, clock, ...}`: goes to `path` (a text or a function), where
 * `answers` (from patterns to what page.route takes) stand for those of the server, lets `reach(page)` do what leads to
 * the state, and waits for what that answers. `clock`: with one that the test may move on. The rest is for withPage.
 */
export function testStates(states) {
  for (const { name, path, reach, answers = {}, clock = false, ...options } of states) {
    test(`${name} is accessible and fits in each look`, () =>
      withPage({ ...options, path: BEFORE_THE_PAGE }, async (page) => {
        if (clock) await page.clock.install();
        for (const [pattern, answer] of Object.entries(answers)) await page.route(pattern, answer);
        await page.goto(typeof path === "function" ? await path() : path);
        const sight = (await reach(page)).first();
        for (const [look, settings] of Object.entries(LOOKS)) {
          await turnTo(page, settings);
          await sight.waitFor();
          await assertSeen(page, name, look);
        }
      }));
  }
}

/** An answer that says what went wrong, as the gateway says it. */
export const problem = (status, reason, detail) => (route) => route.fulfill({
  status,
  contentType: "application/problem+json",
  json: { status, reason, detail, correlation_id: "019ddc5c-6a5b-7c39-8f8e-3a8f1f0c7d21" },
});

/** The ledger, or the action service, does not answer. */
export const away = problem(503, "UNAVAILABLE", "the service behind the gateway can't be reached");

/** Not answered as long as the test runs. */
export const held = () => {};
