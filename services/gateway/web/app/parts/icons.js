// Line icons, 16 × 16, in the colour of the text around them.

import { html } from "../lib.js";

const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14",
  copy: "M6 6h7v8H6zM10 6V2H3v8h3",
  check: "m3 8.5 3.2 3.2L13 4.8",
  close: "m4 4 8 8m0-8-8 8",
  filter: "M2 4h12M4.5 8h7M7 12h2",
  download: "M8 2v8m0 0 3-3m-3 3L5 7M2.5 13.5h11",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6L13 6m0-3.5V6H9.5",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm0-9.5v1m0 11v1M1.5 8h1m11 0h1M3.4 3.4l.7.7m7.8 7.8.7.7m0-9.2-.7.7m-7.8 7.8-.7.7",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
  auto: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-12v12",
  star: "m8 2 1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5Z",
  help: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm-1.8-8c0-1 .8-1.8 1.8-1.8s1.8.7 1.8 1.7c0 1.3-1.8 1.4-1.8 2.6m0 2.2v.1",
  warning: "M8 2 1.5 13.5h13ZM8 6.5v3.2m0 1.9v.1",
  repeat: "M3 7V6a2 2 0 0 1 2-2h8m0 0-2-2m2 2-2 2m2 3v1a2 2 0 0 1-2 2H3m0 0 2 2m-2-2 2-2",
  clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.5V8l2.5 1.5",
  down: "m4 6 4 4 4-4",
  up: "m4 10 4-4 4 4",
  plus: "M8 3v10M3 8h10",
  file: "M9.5 2H4v12h8V4.5Zm0 0v2.5H12",
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5.5 6a5.5 5.5 0 0 1 11 0",
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} /></svg>`;
}
