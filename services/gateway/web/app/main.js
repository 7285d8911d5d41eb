// Puts the page together: who is here, where they are, what they see.

import { api, sessionFound, sessionLost } from "./api.js";
import { html, render, useEffect, useMemo, useState } from "./lib.js";
import { Notes } from "./parts/announce.js";
import { Dialog } from "./parts/dialog.js";
import { lazy } from "./parts/lazy.js";
import { Failed } from "./parts/states.js";
import { startTooltips } from "./parts/tooltip.js";
import { address, navigate, routeOf, startRouter } from "./router.js";
import { Session, sessionOf } from "./session.js";
import { useStore } from "./store.js";
import { Frame, prepareView, prepareViews } from "./views/frame.js";

const Login = lazy(() => import("./views/login.js"), "Login");
const LoginForm = lazy(() => import("./views/login.js"), "LoginForm");

// What the first page does not need comes when that one is there.
const OTHERS_AFTER_MS = 1000;

// Where a login that was asked for by the address leads; only to pages of this site.
function afterLogin() {
  if (location.pathname !== "/login") return;
  const next = new URLSearchParams(location.search).get("next") ?? "/";
  navigate(/^\/(?![/\\])/.test(next) ? next : "/", { replace: true });
}

function SessionEnded({ user, onLogin }) {
  return html`<${Dialog} title="Log in again" lasting=${true}>
    <${LoginForm} user=${user} onLogin=${onLogin}
      note=${`The session of ${user} has ended. What you have typed is still there.`} />
  </${Dialog}>`;
}

function App() {
  const [me, setMe] = useState(null);
  const [state, setState] = useState("loading");
  const [error, setError] = useState(null);
  const lost = useStore(sessionLost);
  const { path } = useStore(address);

  const ask = () => {
    setState("loading");
    api.me().then(
      (answer) => {
        afterLogin();
        setMe(answer);
        setState("here");
      },
      (problem) => {
        setError(problem);
        setState(problem.status === 401 ? "nobody" : "failed");
      },
    );
  };
  useEffect(ask, []);
  useEffect(() => {
    if (lost > 0) setState((old) => (old === "here" ? "ended" : old));
  }, [lost]);

  const session = useMemo(() => me && { ...sessionOf(me), logout }, [me]);
  async function logout() {
    await api.logout().catch(() => {});
    location.assign("/login");
  }
  const onLogin = (answer) => {
    // Another person gets a page of their own.
    if (me && me.user_id !== answer.user_id) return location.reload();
    afterLogin();
    setMe(answer);
    sessionFound.set((times) => times + 1);
    return setState("here");
  };

  if (state === "failed") {
    return html`<main class="alone" id="main"><${Failed} alone error=${error} onRetry=${ask} /></main>`;
  }
  if (state === "nobody" || (path === "/login" && state !== "loading")) {
    return html`<${Login} onLogin=${onLogin} />`;
  }
  if (!session) return html`<main id="main" aria-busy="true"></main>`;
  return html`<${Session.Provider} value=${session}>
    <${Frame} route=${routeOf(path)} />
    ${state === "ended" && html`<${SessionEnded} user=${me.user_id} onLogin=${onLogin} />`}
  </${Session.Provider}>`;
}

prepareView(routeOf(location.pathname));
startRouter();
startTooltips();
render(html`<${App} /><${Notes} />`, document.getElementById("app"));
window.addEventListener("load", () => setTimeout(prepareViews, OTHERS_AFTER_MS));
