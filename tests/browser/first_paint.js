// When pages show their data. Reads `{url, user, password, rounds, pages}` as JSON from stdin, where `pages`
// names for each path the element that holds data; writes for each path the milliseconds from the navigation's
// begin to the frame after that element came, each time in a fresh profile with an empty cache.

import fs from "node:fs";
import { chromium } from "playwright-core";

import { FLAGS } from "./chromium.js";

const { url, user, password, rounds, pages } = JSON.parse(fs.readFileSync(0, "utf8"));

// Runs in the page, from its begin.
function watchFor(selector) {
  const look = () => {
    if (document.querySelector(selector)) {
      requestAnimationFrame(() => { window.shownAt = performance.now(); });
    } else {
      requestAnimationFrame(look);
    }
  };
  look();
}

async function timeOf(browser, path, selector) {
  const context = await browser.newContext({ baseURL: url });
  try {
    const login = await context.request.post("/api/login",
      { data: { username: user, password }, headers: { Origin: url } });
    if (!login.ok()) throw new Error(`login: ${login.status()}`);
    const page = await context.newPage();
    await page.addInitScript(watchFor, selector);
    await page.goto(path);
    const shown = await page.waitForFunction(() => window.shownAt);
    return await shown.jsonValue();
  } finally {
    await context.close();
  }
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
const times = {};
try {
  for (const path of Object.keys(pages)) times[path] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [path, selector] of Object.entries(pages)) {
      times[path].push(await timeOf(browser, path, selector));
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(times));
