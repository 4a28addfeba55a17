// The API, asked with the cookie of the session; changes carry the page's own header, which no other site knows.
import { lang, t, typeset } from "./texts.js";

const ROOT = "/api/ml/";
const ASKS = { Accept: "application/json", "Accept-Language": lang };
const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

/** What the API refused, in its words (RFC 9457) in the language of the page, or why it could not be asked. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") query.set(key, value);
  }
  const told = query.toString();
  return ROOT + path + (told ? `?${told}` : "");
}

export const get = (path, parameters, options = {}) => ask(address(path, parameters), options);

/** A change; sent again with the same key, it is made once. */
export const post = (path, body, { key = crypto.randomUUID?.(), ...options } = {}) => {
  const headers = { ...ASKS, "Content-Type": "application/json", "X-CSRF-Token": csrf };
  if (key) headers["Idempotency-Key"] = key;
  return ask(address(path), { method: "POST", headers, body: JSON.stringify(body ?? {}), ...options });
};

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { headers: ASKS, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, t("problem.network"));
  }
  if (response.status === 401) {
    location.assign(`/connexion/?vers=${encodeURIComponent(location.pathname)}`);
    throw new Problem(401, t("problem.session"));
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, typeset(body?.detail ?? t("problem.status", { status: response.status })));
  return body;
}

export const may = (right) => document.body.dataset.rights.split(" ").includes(right);
