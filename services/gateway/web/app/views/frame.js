// What stands around every page: where one is, where one can go, who one is.

import { html, useLayoutEffect, useRef } from "../lib.js";
import { Icon } from "../parts/icons.js";
import { lazy } from "../parts/lazy.js";
import { Empty } from "../parts/states.js";
import { ThemeSwitch } from "../parts/theme_switch.js";
import { TimeSwitch } from "../parts/time.js";
import { useSession } from "../session.js";
import { HelpButton } from "./help.js";

const VIEWS = {
  overview: lazy(() => import("./overview.js"), "Overview"),
  jobs: lazy(() => import("./jobs.js"), "Jobs"),
  job: lazy(() => import("./job.js"), "Job"),
  set_action: lazy(() => import("./set_action.js"), "SetAction"),
};

/** Begins to load what a route shows. */
export const prepareView = (route) => VIEWS[route.view]?.prepare();

/** Loads all the others: a page that stays open needs nothing more of a server that has been replaced since. */
export const prepareViews = () => Object.values(VIEWS).forEach((view) => view.prepare());

// The address that the page has it from already.
const LOGO = new URL("../../favicon.svg", import.meta.url).pathname;

const TABS = [
  { view: "overview", href: "/", label: "Overview" },
  { view: "jobs", href: "/jobs", label: "User Jobs Audit" },
  { view: "set_action", href: "/set-action", label: "Set Action" },
];

function Tab({ tab, current }) {
  return html`<a href=${tab.href} class="tab" aria-current=${current ? "page" : undefined}>
    ${tab.label}</a>`;
}

function Person() {
  const { user_id: user, roles, logout } = useSession();
  return html`<div class="person">
    <span class="person-name" tabindex="0" data-tip=${`Roles: ${roles.join(", ") || "none"}`}>
      <${Icon} name="user" />${user}</span>
    <button type="button" class="button quiet-button small" onClick=${logout}>Log out</button>
  </div>`;
}

function Nowhere() {
  return html`<${Empty} alone title="There is no such page">
    <p><a href="/">Overview</a> · <a href="/jobs">User Jobs Audit</a></p></${Empty}>`;
}

function View({ route }) {
  const Found = VIEWS[route.view] ?? Nowhere;
  return html`<${Found} key=${route.id} id=${route.id} />`;
}

export function Frame({ route }) {
  const main = useRef();
  const first = useRef(true);
  // A new page is where reading goes on, for keyboards and screen readers too; at once, before somebody types.
  useLayoutEffect(() => {
    if (!first.current) main.current.focus({ preventScroll: true });
    first.current = false;
  }, [route.view, route.id]);
  const current = route.view === "job" ? "jobs" : route.view;
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      main.current.focus();
    }}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="/" aria-label="Set Action Ledger"><img src=${LOGO} alt="" width="22" height="22" />
        <span>Set Action Ledger</span></a>
      <nav class="tabs" aria-label="Pages">
        ${TABS.map((tab) => html`<${Tab} key=${tab.view} tab=${tab} current=${tab.view === current} />`)}
      </nav>
      <div class="top-end"><${TimeSwitch} /><${ThemeSwitch} /><${HelpButton} /><${Person} /></div>
    </header>
    <main id="main" tabindex="-1" ref=${main}><${View} route=${route} /></main>`;
}
