// When pages show their data. Reads `{url, user, password, rounds, pages}` as JSON from stdin, where `pages`
// names for each path the element that holds data; writes for each path the milliseconds from the navigation's
// begin to the frame after that element came, each time in a fresh profile with an empty cache. The first round is not counted.

import fs from "node:fs";

import { launch } from "./debugger.js";

const { url, user, password, rounds, pages } = JSON.parse(fs.readFileSync(0, "utf8"));

// Runs in the page, from its begin.
function watchFor(selector) {
  window.shown = new Promise((resolve) => {
    const look = () => requestAnimationFrame(document.querySelector(selector)
      ? () => resolve(performance.now()) : look);
    look();
  });
}

async function logIn() {
  const login = await fetch(`${url}/api/login`, {
    method: "POST", headers: { "Content-Type": "application/json", Origin: url },
    body: JSON.stringify({ username: user, password }) });
  if (!login.ok) throw new Error(`login: ${login.status}`);
  const [, name, value] = /^([^=]+)=([^;]+)/.exec(login.headers.get("set-cookie"));
  return { name, value, url, httpOnly: true, sameSite: "Strict" };
}

async function timeOf(browser, cookie, path, selector) {
  const { browserContextId } = await browser.send("Target.createBrowserContext");
  await browser.send("Storage.setCookies", { cookies: [cookie], browserContextId });
  const { targetId } = await browser.send("Target.createTarget",
    { url: "about:blank", browserContextId, width: 1280, height: 800 });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  await browser.send("Page.enable", {}, sessionId);
  await browser.send("Page.addScriptToEvaluateOnNewDocument",
    { source: `(${watchFor})(${JSON.stringify(selector)})` }, sessionId);
  await browser.send("Page.navigate", { url: url + path }, sessionId);
  const { result } = await browser.send("Runtime.evaluate",
    { expression: "window.shown", awaitPromise: true, returnByValue: true }, sessionId);
  await browser.send("Target.disposeBrowserContext", { browserContextId });
  return result.value;
}

const cookie = await logIn();
const browser = launch();
const times = {};
try {
  for (const path of Object.keys(pages)) times[path] = [];
  for (let round = 0; round <= rounds; round += 1) {
    for (const [path, selector] of Object.entries(pages)) {
      const time = await timeOf(browser, cookie, path, selector);
      if (round > 0) times[path].push(time);
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(times));
