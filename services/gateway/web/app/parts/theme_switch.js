// Light, dark, or as the system says. theme.js applies the choice, also before the first paint.

import { html, useState } from "../lib.js";
import { Icon } from "./icons.js";

const KEY = "tms.theme";
const ICONS = { auto: "auto", light: "sun", dark: "moon" };
const NEXT = { auto: "light", light: "dark", dark: "auto" };

function stored() {
  try {
    const name = localStorage.getItem(KEY);
    return name in ICONS ? name : "auto";
  } catch {
    return "auto";
  }
}

function apply(name) {
  document.dispatchEvent(new CustomEvent("themechosen", { detail: name }));
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // Lasts as long as the page.
  }
}

export function ThemeSwitch() {
  const [name, setName] = useState(stored);
  const change = () => {
    apply(NEXT[name]);
    setName(NEXT[name]);
  };
  return html`<button type="button" class="icon-button" onClick=${change}
    aria-label=${`Theme: ${name}. Change to ${NEXT[name]}`}
    data-tip=${`Theme: ${name}`}><${Icon} name=${ICONS[name]} /></button>`;
}
