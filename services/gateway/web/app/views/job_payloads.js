// What was sent and what came back, made readable.

import { html } from "../lib.js";
import { prettyJson } from "../model/format.js";
import { CopyButton } from "../parts/copy.js";

function Payload({ title, id, text, cut, empty }) {
  return html`<section class="card payload" aria-labelledby=${id}>
    <div class="card-head"><h2 id=${id}>${title}</h2>
      ${text && html`<${CopyButton} text=${text} what=${title.toLowerCase()} />`}</div>
    ${text
      ? html`<pre tabindex="0">${prettyJson(text)}</pre>`
      : html`<p class="quiet">${empty}</p>`}
    ${cut && html`<p class="quiet">${cut}</p>`}</section>`;
}

export function JobPayloads({ job }) {
  const running = job.status === "IN_PROGRESS";
  return html`<${Payload} id="response-title" title="Response" text=${job.response_summary}
      empty=${running ? "The cluster has not answered yet." : "The cluster gave no answer to keep."}
      cut=${job.response_summary_cut && "Only the first 8 KiB of the answer are kept."} />
    <${Payload} id="request-title" title="Request" text=${job.request_payload}
      empty="The request was not recorded."
      cut=${job.request_payload_cut && "Some customers are left out here; the list below has all."} />`;
}
