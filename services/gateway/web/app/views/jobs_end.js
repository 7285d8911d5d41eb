// The end of the list of jobs: how it goes on from there. The ledger looks through a bounded number of jobs for each page,
// so a page may be empty while others further on match.

import { html, useEffect, useRef } from "../lib.js";
import { goesOnByItself, sidesOf } from "../model/live.js";
import { Empty, Failed, FailedLine } from "../parts/states.js";

// Asks for the next page when the end of the list comes near.
function useNextPage({ list, more, loading, loadingMore, moreError }) {
  const end = useRef();
  const asks = goesOnByItself(list) && !loading && !loadingMore && !moreError;
  useEffect(() => {
    if (!asks || !end.current) return undefined;
    // Where nobody has scrolled, nobody need be there.
    const observer = new IntersectionObserver((entries) =>
      entries.some((entry) => entry.isIntersecting) && more(true, window.scrollY === 0), { rootMargin: "400px" });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [asks, list.nextToken]);
  return end;
}

function Stop({ jobs }) {
  return html`<button type="button" class="button" onClick=${jobs.stop}>Stop</button>`;
}

function GoOn({ jobs, kind = "" }) {
  return html`<button type="button" class=${`button ${kind}`} onClick=${() => jobs.more()}>
    Search on in ${sidesOf(jobs.list).ahead} jobs</button>`;
}

/** In place of the list while no match has been found. */
export function NoneSoFar({ jobs }) {
  const { list, more, loadingMore, moreError } = jobs;
  const end = useNextPage(jobs);
  const { ahead, behind } = sidesOf(list);
  if (moreError) return html`<${Failed} error=${moreError} onRetry=${() => more()} />`;
  const busy = loadingMore || goesOnByItself(list);
  return html`<div ref=${end}>
    <${Empty} title=${busy ? `Searching ${ahead} jobs…` : `No match among the ${behind} jobs`}>
      <p>${busy ? `None of the ${behind} ones matches.`
        : `The ${ahead} ones have not been looked through yet.`}</p>
      ${busy ? html`<${Stop} jobs=${jobs} />` : html`<${GoOn} jobs=${jobs} kind="primary" />`}</${Empty}></div>`;
}

function Further({ jobs }) {
  const { list, more, loading, loadingMore } = jobs;
  const { ahead } = sidesOf(list);
  if (list.emptyPages === 0) {
    const idle = !loading && !loadingMore;
    return html`<button type="button" class="button" disabled=${!idle} onClick=${() => more()}>
      ${idle ? "Show more" : "Loading…"}</button>`;
  }
  if (loadingMore || goesOnByItself(list)) {
    return html`<span class="quiet">Searching ${ahead} jobs…</span> <${Stop} jobs=${jobs} />`;
  }
  return html`<span class="quiet">No further match so far.</span> <${GoOn} jobs=${jobs} />`;
}

/** Below the rows. */
export function ListEnd({ jobs }) {
  const { list, more, moreError } = jobs;
  const end = useNextPage(jobs);
  if (moreError) return html`<${FailedLine} error=${moreError} onRetry=${() => more()} />`;
  if (list.nextToken === "") return html`<p class="list-end quiet">That is all.</p>`;
  return html`<div class="list-end" ref=${end}><${Further} jobs=${jobs} /></div>`;
}
