"""Runs one stack for a browser test: says where it is on stdout, then obeys lines of JSON on stdin.

A command is `[name, argument…]`; each is answered by one line of JSON. At the end of stdin the stack
is stopped and what must hold after every run is checked; a breach makes the exit code 1.
"""

import json
import os
import sys

from stack import Stack

# Lets somebody who works on the dashboard test its files without a build.
ENVIRONMENT = {name: os.environ[name] for name in ("TMS_WEB_FILES",) if name in os.environ}


def _commands(stack):
    def set_action(behaviour, fields):
        return stack.set_action(behaviour, **fields).job.job_id

    def submit_action(behaviour, fields):
        return stack.submit_action(behaviour, **fields).job.job_id

    return {
        "token": stack.token,
        "hits": lambda cid: len(stack.hits(cid)),
        "gateway_user": lambda *arguments: stack.gateway_user(*arguments),
        "job_count": stack.job_count,
        "set_action": set_action,
        "submit_action": submit_action,
        "wait_for_end": lambda job_id: stack.wait_for_end(job_id).job_id,
        "start": lambda name: getattr(stack, name).start(),
        "stop": lambda name: getattr(stack, name).stop(),
    }


def main():
    # A busy machine is no reason for a refusal.
    stack = Stack(action_flags=("--ack-wait", "10s", "--decision-wait", "10s"), environment=ENVIRONMENT)
    problems = []
    try:
        stack.start(gateway=True)
        print(json.dumps({"port": stack.gateway_port, "canary": stack.canary,
                          "password": getattr(stack, "password", None)}), flush=True)
        commands = _commands(stack)
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            print(json.dumps(commands[name](*arguments)), flush=True)
        problems += stack.problems_once_delivered()
    finally:
        problems += stack.stop()
    problems += [f"the token's canary is in {name}" for name in stack.files_with(stack.canary)]
    if problems:
        print("\n".join(problems), f"\nleft for inspection: {stack.directory}", file=sys.stderr)
        sys.exit(1)
    stack.remove()


main()
