// The real processes behind a browser test, started and asked through stack_host.py.

import { spawn } from "node:child_process";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

/** Starts a stack. `ask(command, …)` is answered by the host; `stop()` fails if a promise was broken. */
export async function startStack() {
  const host = spawn("/usr/bin/python3", [path.join(here, "stack_host.py")], {
    env: { ...process.env, PYTHONPATH: path.join(here, "..", "e2e"), PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  host.stderr.on("data", (data) => { errors += data; });
  const ended = new Promise((resolve) => host.on("close", resolve));
  const lines = readline.createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the stack ended: ${errors}`);
    return JSON.parse(value);
  };
  const { port, canary, password } = await answer();
  // One question at a time, in order.
  let last = Promise.resolve();
  const ask = (...command) => {
    last = last.catch(() => {}).then(() => {
      host.stdin.write(`${JSON.stringify(command)}\n`);
      return answer();
    });
    return last;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    canary,
    password,
    ask,
    token: (behaviour = "accepted") => ask("token", behaviour),
    async stop() {
      host.stdin.end();
      const code = await ended;
      if (code !== 0) throw new Error(`after the test:\n${errors}`);
    },
  };
}
