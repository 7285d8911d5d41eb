// Copies a text. Works everywhere: on plain HTTP browsers have no clipboard API.

import { html, useEffect, useState } from "../lib.js";
import { announce } from "./announce.js";
import { Icon } from "./icons.js";

const SHOWN_MS = 1600;

/** True if it was copied. */
export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not allowed: the old way.
    }
  }
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "off-screen";
  (focused?.closest("dialog") ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus?.({ preventScroll: true });
  return copied;
}

export function CopyButton({ text, what, label = "" }) {
  const [done, setDone] = useState(null);
  useEffect(() => {
    if (done === null) return undefined;
    const timer = setTimeout(() => setDone(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    const copied = await copyText(text);
    setDone(copied);
    announce(copied ? `${what} copied` : `${what} could not be copied`);
  };
  return html`<button type="button" class=${label ? "button small" : "icon-button"} onClick=${copy}
    aria-label=${label ? undefined : `Copy ${what}`} data-tip=${label ? undefined : `Copy ${what}`}>
    <${Icon} name=${done ? "check" : done === false ? "close" : "copy"} />${label}</button>`;
}
