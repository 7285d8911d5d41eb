// Set Action: from the form to the outcome.

import { api, catalogue } from "../api.js";
import { html, useRef, useState } from "../lib.js";
import { useLoad, useTitle } from "../parts/hooks.js";
import { Failed, LoadingRows, NoRights } from "../parts/states.js";
import { address, navigate } from "../router.js";
import { useSession } from "../session.js";
import { useStore } from "../store.js";
import { allCustomers } from "./job_customers.js";
import { RepeatDialog } from "./set_action_confirm.js";
import { SetActionForm } from "./set_action_form.js";
import { Absent, Expired, Left, Looking, NotCalled, Outcome, Progress } from "./set_action_outcome.js";
import { useRun } from "./set_action_run.js";

// What the form begins with: nothing, or a job that is to be run again.
async function loadSeed(rerunOf, signal) {
  if (rerunOf === "") return {};
  const [job, cids] = await Promise.all([api.job(rerunOf, signal), allCustomers(rerunOf, signal)]);
  return {
    cluster: job.cluster, action: job.action_name, cids, rerunOf, effect: job.effect,
  };
}

// The catalogue's own spelling of an action that was written in another case.
function withKnownNames(seed, catalogues) {
  const wanted = seed.action?.toLowerCase();
  const action = catalogues.actions.find(({ name, aliases }) =>
    [name, ...aliases].some((one) => one.toLowerCase() === wanted));
  const cluster = catalogues.clusters.find(({ name }) => name === seed.cluster);
  return { ...seed, action: action?.name ?? "", cluster: cluster?.name ?? "" };
}

function Runner({ catalogues, first }) {
  const { user_id: user } = useSession();
  const run = useRun(user);
  const [seed, setSeed] = useState({ ...withKnownNames(first, catalogues), turn: 0 });
  const [content, setContent] = useState(null);
  const { state } = run;
  const begin = (next) => {
    if (location.search !== "") navigate("/set-action", { replace: true });
    run.back();
    setContent(null);
    setSeed({ ...withKnownNames(next, catalogues), turn: seed.turn + 1 });
  };
  const confirm = (confirmed, token) => {
    setContent(confirmed);
    run.start(confirmed, token);
  };
  const showsForm = ["idle", "refused", "ask"].includes(state.phase);
  return html`
    ${state.phase === "sending" && html`<${Progress} pending=${state.pending} />`}
    ${state.phase === "looking" && (state.job
      ? html`<${Progress} pending=${state.pending} job=${state.job} error=${state.error} onBack=${run.back} />`
      : html`<${Looking} state=${state} onLook=${run.look} onBack=${run.back} />`)}
    ${state.phase === "absent" && html`<${Absent} pending=${state.pending} onLook=${run.look}
      onBack=${run.back} />`}
    ${state.phase === "ask" && html`<${RepeatDialog} pending=${state.pending} onCancel=${run.back}
      onAccept=${run.acceptRepeat} />`}
    ${state.phase === "done" && html`<${Outcome} key=${state.job.job_id} result=${state} onRetry=${begin}
      onAgain=${() => begin({ cluster: content?.cluster, action: content?.action })} />`}
    <div hidden=${!showsForm}><${Left} list=${run.left()} onLook=${run.look} />
      <${SetActionForm} key=${seed.turn} catalogues=${catalogues} seed=${seed}
        onForget=${() => begin({})} onConfirm=${confirm}
        note=${state.phase === "refused" ? html`<${NotCalled} pending=${state.pending} error=${state.error} />`
          : state.expired && html`<${Expired} />`} /></div>`;
}

export function SetAction() {
  useTitle("Set Action");
  const { rights } = useSession();
  const rerunOf = useRef(new URLSearchParams(useStore(address).query).get("rerun_of") ?? "").current;
  const { data, error, reload } = useLoad(rerunOf, async (signal) => {
    const [clusters, actions, seed] = await Promise.all(
      [catalogue("clusters"), catalogue("actions"), loadSeed(rerunOf, signal)]);
    return { catalogues: { clusters, actions }, seed };
  });
  let body;
  if (!rights.run) {
    body = html`<${NoRights}><p>Running actions needs the role operator.</p>
      <p>You can read the jobs that are yours under <a href="/jobs">User Jobs Audit</a>.</p></${NoRights}>`;
  } else if (data) {
    body = html`<${Runner} catalogues=${data.catalogues} first=${data.seed} />`;
  } else if (error) {
    body = html`<${Failed} error=${error} onRetry=${reload} />`;
  } else {
    body = html`<div class="card"><${LoadingRows} rows=${8} what="the form" /></div>`;
  }
  return html`<div class="page narrow"><div class="page-head"><h1>Set Action</h1></div>${body}</div>`;
}
