// What every browser test needs: one stack and one Chromium a file, pages that report what the browser
// complains about, and the few steps that all tests take.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

import { FLAGS } from "./chromium.js";
import { startStack } from "./stack.js";

// For a loaded machine; nothing waits longer than it must.
const PATIENCE_MS = 30_000;

export const LOOKS = {
  light: { viewport: { width: 1360, height: 860 }, colorScheme: "light" },
  dark: { viewport: { width: 1360, height: 860 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true,
    hasTouch: true, deviceScaleFactor: 2 },
};

let browser;
/** The stack of this file, from the first test on. */
export let stack;

before(async () => {
  // One after the other: a browser without a stack would be closed by nobody.
  stack = await startStack();
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

// Stands for the stream of changes where a test wants to say itself what comes, and when.
function quietStream() {
  window.streams = [];
  window.EventSource = class extends EventTarget {
    static CLOSED = 2;
    constructor(url) {
      super();
      this.url = url;
      this.readyState = 1;
      window.streams.push(this);
      queueMicrotask(() => {
        this.onopen?.();
        this.dispatchEvent(new MessageEvent("bookmark", { data: "{}" }));
      });
    }
    close() {
      this.readyState = 2;
      window.streams = window.streams.filter((one) => one !== this);
    }
  };
}

/** Sends a job down the quiet stream of a page; `place` is where the stream goes on after it. */
export const tell = (page, job, place = "") => page.evaluate(([content, lastEventId]) =>
  window.streams.at(-1).dispatchEvent(new MessageEvent("job", { data: JSON.stringify(content), lastEventId })),
[job, place]);

/** What the quiet stream sends where nothing has happened for a while. */
export const tellNothing = (page) => page.evaluate(() => window.streams.at(-1).dispatchEvent(
  new MessageEvent("bookmark", { data: "{}" })));

/** Ends the quiet stream as a server does that does not know its place any more. */
export const tellReset = (page) => page.evaluate(() => window.streams.at(-1).dispatchEvent(
  new MessageEvent("reset", { data: "{}" })));

/** Ends the quiet stream as a refusal does, after which a browser does not come back by itself. */
export const refuseStream = (page) => page.evaluate(() => {
  const stream = window.streams.at(-1);
  stream.close();
  stream.onerror();
});

/** Makes the page believe that its tab is `hidden` or `visible`. */
export const setVisibility = (page, state) => page.evaluate((value) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, value });
  document.dispatchEvent(new Event("visibilitychange"));
}, state);

/** Logs a profile in without the form; who was there before is logged out. Users are those of tests/e2e/stack.py, named by their role. */
export async function logIn(context, user) {
  const answer = await context.request.post("/api/login", {
    data: { username: user, password: stack.password }, headers: { Origin: stack.url } });
  assert.equal(answer.status(), 200, await answer.text());
}

/**
 * Opens a page in a fresh profile, logged in as `user`, and runs `test(page)`. Fails if the browser reported an error, a
 * violation of the CSP, or an uncaught exception; `expected` are patterns of complaints that belong
 * to the test (an answer 404, for instance). `live`: with the real stream of changes.
 */
export async function withPage(options, test) {
  const { path: start = "/", user = "dev", look = "light", live = false, expected = [],
    ...rest } = options;
  const context = await browser.newContext({ ...LOOKS[look], locale: "en-GB", timezoneId: "UTC",
    baseURL: stack.url, ...rest });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = [];
  const complain = (text) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  const page = await context.newPage();
  await page.exposeFunction("reportViolation", (text) => complaints.push(`CSP: ${text}`));
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) =>
    window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  if (!live) await page.addInitScript(quietStream);
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    complain(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.stack}`));
  try {
    if (user && stack.password) await logIn(context, user);
    await page.goto(start);
    await test(page);
    assert.deepEqual(complaints, [], "what the browser complained about");
  } finally {
    // What a page asked for last may be on its way yet; nobody needs that answer any more.
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  }
}

/** Keeps what is seen as build output; all of the page, unless a dialog lies above it. */
export async function keepScreenshot(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  const fullPage = await page.locator("dialog[open]").count() === 0;
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage });
}

/** No accessibility violations, by axe-core. It comes in by the debugger, which the CSP can't stop. */
export async function assertAccessible(page, what) {
  const source = fs.readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`),
  [], `accessibility of ${what}`);
}

let cidCount = 0;

/** A customer that no other call of this stack has. */
export const newCid = () => `page${String((cidCount += 1)).padStart(6, "0")}`;

/** Fills in the form of Set Action and presses its button. */
export async function fillForm(page, { cluster = "alpha", action = "T-Enable", cids, token }) {
  await page.getByLabel("Cluster", { exact: true }).selectOption(cluster);
  await page.getByLabel("Action", { exact: true }).selectOption(action);
  await page.getByLabel("Customer ids").fill(cids.join("\n"));
  await page.getByLabel("API token").fill(token);
  await page.getByRole("button", { name: /^Set Action/ }).click();
}

/** Runs one Set Action by the form and waits for its outcome; answers with the job's id. */
export async function runAction(page, options) {
  await page.goto("/set-action");
  await fillForm(page, options);
  await page.getByRole("button", { name: "Yes, proceed" }).click();
  return page.locator(".result .result-id a").textContent();
}

/** The row of a job in User Jobs Audit, after going there as a person would. */
export async function auditRow(page, jobId) {
  await page.getByRole("link", { name: "User Jobs Audit" }).first().click();
  const row = page.locator(`tr[data-job="${jobId}"]`);
  await row.waitFor();
  return row;
}

/** What the tooltip of an element says when the pointer is over it. */
export async function tooltipOf(page, element) {
  await element.hover();
  const tip = page.getByRole("tooltip");
  await tip.waitFor();
  return tip.textContent();
}

export async function colourOf(element) {
  return element.evaluate((node) => getComputedStyle(node).backgroundColor);
}

export const GREEN = "rgb(76, 175, 80)";
export const RED = "rgb(220, 53, 69)";
export const BLUE = "rgb(33, 150, 243)";
