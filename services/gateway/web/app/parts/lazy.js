// Pages of the dashboard whose modules nobody waits for until they are shown: the first page is drawn sooner.

import { ApiError } from "../api.js";
import { html, useLayoutEffect, useState } from "../lib.js";
import { Failed } from "./states.js";

/**
 * The component `name` of the module that `load()` imports; what is drawn until it is there is empty. Its `prepare()`
 * begins to load without drawing.
 */
export function lazy(load, name) {
  let component = null;
  let loading = null;
  function prepare() {
    loading ??= load().then((module) => {
      component = module[name];
    });
    return loading;
  }
  function Lazy(props) {
    const [error, setError] = useState(null);
    const [, setLoaded] = useState(component !== null);
    useLayoutEffect(() => {
      if (component) return;
      prepare().then(() => setLoaded(true),
        () => setError(new ApiError(0, { detail: "A part of this page could not be loaded." })));
    }, []);
    // A browser keeps a module's failure as long as the page lives.
    if (error) return html`<${Failed} alone error=${error} onRetry=${() => location.reload()} />`;
    return component && html`<${component} ...${props} />`;
  }
  Lazy.prepare = () => prepare().catch(() => {});
  return Lazy;
}
