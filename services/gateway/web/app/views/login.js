// Who are you? Also shown above the page when a session has ended, so that nothing typed is lost.

import { api } from "../api.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { useTitle } from "../parts/hooks.js";

function messageOf(error) {
  if (error.status === 401) return "User name or password is wrong.";
  return error.message;
}

/** `user`: who was logged in, and most likely is again. */
export function LoginForm({ user = "", onLogin, note }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const name = useRef();
  const password = useRef();
  // In the same breath as the fields appear: later, it would wipe out what somebody fast has typed.
  useLayoutEffect(() => {
    name.current.value = user;
    if (user === "") name.current.focus();
  }, []);
  // Once the dialog around it is open.
  useEffect(() => {
    if (user !== "") password.current.focus();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError("");
    try {
      await api.login(name.current.value.trim(), password.current.value);
      onLogin(await api.me());
    } catch (problem) {
      setError(messageOf(problem));
      password.current.select();
    } finally {
      if (password.current) setBusy(false);
    }
  };
  return html`<form class="login-form" method="post" action="/login" onSubmit=${submit}>
    ${note && html`<p class="hint">${note}</p>`}
    <label class="field"><span class="label">User name</span>
      <input ref=${name} name="username" autocomplete="username" autocapitalize="none"
        spellcheck=${false} required maxlength="128" /></label>
    <label class="field"><span class="label">Password</span>
      <input ref=${password} name="password" type="password" autocomplete="current-password"
        required maxlength="1024" /></label>
    <p class="form-error" role="alert">${error}</p>
    <button class="button primary wide" disabled=${busy}>${busy ? "Logging in…" : "Log in"}</button>
  </form>`;
}

export function Login({ onLogin }) {
  useTitle("Log in");
  return html`<main class="login" id="main">
    <div class="card login-card">
      <div class="brand-large"><img src="/favicon.svg" alt="" width="36" height="36" />
        <div><h1>Set Action Ledger</h1><p class="quiet">Every action, and what became of it.</p></div></div>
      <${LoginForm} onLogin=${onLogin} />
    </div></main>`;
}
