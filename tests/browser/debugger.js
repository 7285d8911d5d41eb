// Chromium by its debugger's pipe, with nothing switched on that watches: Playwright follows each request of a page,
// which costs it a fifth of its speed on two cores.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { FLAGS } from "./chromium.js";

/** A Chromium; `send(method, params, sessionId)` answers with the result of a command of the DevTools protocol. */
export function launch() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "chromium-"));
  const process = spawn("/usr/bin/chromium",
    ["--headless=new", ...FLAGS, "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , commands, answers] = process.stdio;
  const waiting = new Map();
  let last = 0;
  let rest = "";
  answers.setEncoding("utf8").on("data", (text) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop();
    for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
      const { resolve, reject } = waiting.get(id) ?? {};
      waiting.delete(id);
      if (error) reject?.(new Error(error.message));
      else resolve?.(result);
    }
  });
  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    commands.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
  });
  const close = async () => {
    const ended = new Promise((resolve) => process.once("exit", resolve));
    await send("Browser.close");
    await ended;
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { send, close };
}
