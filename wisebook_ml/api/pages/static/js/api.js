// The API, asked with the cookie of the session; changes carry the page's own header, which no other site knows.
import { t } from "./texts.js";

const ROOT = "/api/ml/";
const OWN_WORDS = [429, 500, 503];
const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";

/** What the API refused, in its words (RFC 9457), or why it could not be asked. */
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
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
  if (key) headers["Idempotency-Key"] = key;
  return ask(address(path), { method: "POST", headers, body: JSON.stringify(body ?? {}), ...options });
};

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, { headers: { Accept: "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, t("problem.network"));
  }
  if (response.status === 401) {
    location.assign(`/connexion/?vers=${encodeURIComponent(location.pathname)}`);
    throw new Problem(401, t("problem.session"));
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, words(response.status, body));
  return body;
}

/** What is nobody's mistake is said in the page's language; the rest in the API's words, which name what is wrong. */
function words(status, body) {
  if (OWN_WORDS.includes(status)) return t(`problem.${status}`);
  return body?.detail ?? t("problem.status", { status });
}

export const may = (right) => document.body.dataset.rights.split(" ").includes(right);
