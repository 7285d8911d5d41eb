// Who is logged in.

import { createContext, useContext } from "./lib.js";
import { rightsOf } from "./model/outcome.js";

export const Session = createContext(null);

/** `{user_id, roles, rights, logout}` of the person before the page. */
export const useSession = () => useContext(Session);

export function sessionOf(me) {
  return { ...me, rights: rightsOf(me) };
}
