// The one place that knows which library draws the pages.
export {
  html, render, createContext, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef,
  useState,
} from "../vendor/htm-preact.js";
