// Numbers, amounts and dates as the page's language writes them. Amounts come as decimals in strings, and are not
// counted with here.
import { lang } from "./texts.js";

const LOCALE = lang === "en" ? "en-GB" : "fr-FR";
const NOTHING = "–";
const PARIS = "Europe/Paris";
const formats = new Map();

function format(Kind, options) {
  const key = Kind.name + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Kind(LOCALE, options));
  return formats.get(key);
}

const absent = (value) => value === undefined || value === null || value === "";

export function number(value, digits = 0) {
  if (absent(value)) return NOTHING;
  return format(Intl.NumberFormat, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
}

export function money(value, currency = "EUR", digits = 2) {
  if (absent(value)) return NOTHING;
  const options = { style: "currency", currency, maximumFractionDigits: digits, minimumFractionDigits: digits };
  return format(Intl.NumberFormat, options).format(value);
}

/** An amount in a column that says what currency it has; nothing for zero, as in a ledger. */
export const ledger = (value) => (absent(value) || /^-?0*(\.0*)?$/.test(value) ? "" : number(value, 2));

export function short(value, currency = "EUR") {
  const options = { style: "currency", currency, notation: "compact", maximumFractionDigits: 1 };
  return format(Intl.NumberFormat, options).format(value);
}

export function percent(share, digits = 0) {
  if (absent(share)) return NOTHING;
  const options = { style: "percent", maximumFractionDigits: digits, minimumFractionDigits: digits };
  return format(Intl.NumberFormat, options).format(share);
}

/** A probability; none is told as certain. */
export function probability(share) {
  if (share < 0.01) return `< ${percent(0.01)}`;
  return share > 0.99 ? `> ${percent(0.99)}` : percent(share);
}

/** A day that has no hour, the same everywhere; of a moment, its day by French clocks, at whose midnight windows begin. */
export function date(text) {
  return absent(text) ? NOTHING : day(text, { day: "2-digit", month: "2-digit", year: "numeric" });
}

export const dayAndMonth = (text) => day(text, { day: "numeric", month: "short" });

function day(text, options) {
  const [time, timeZone] = text.length > 10 ? [text, PARIS] : [`${text}T00:00:00Z`, "UTC"];
  return format(Intl.DateTimeFormat, { ...options, timeZone }).format(new Date(time));
}

/** A moment, by French clocks as everything in the books. */
export function moment(text) {
  if (absent(text)) return NOTHING;
  const options = { dateStyle: "short", timeStyle: "short", timeZone: PARIS };
  return format(Intl.DateTimeFormat, options).format(new Date(text));
}

export function hour(text) {
  return format(Intl.DateTimeFormat, { hour: "2-digit", timeZone: PARIS }).format(new Date(text));
}

export function duration(seconds) {
  if (absent(seconds)) return NOTHING;
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  if (seconds < 3600) return `${number(seconds / 60)} min`;
  return seconds < 172800 ? `${number(seconds / 3600, 1)} h` : `${number(seconds / 86400)} ${lang === "en" ? "d" : "j"}`;
}
