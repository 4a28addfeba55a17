// Server-sent events of the session, begun again by the browser when they break off, and by hand when it gives up.
import { address } from "./api.js";

const AGAIN_MS = 5_000;

/** Listen to a stream; `listeners` by the names of events, each given the event's JSON. Returns what ends it. */
export function listen(path, parameters, listeners, onState = () => {}) {
  let source;
  let timer;
  let ended = false;

  function open() {
    source = new EventSource(address(path, parameters));
    source.onopen = () => onState("open");
    source.onerror = () => {
      onState("lost");
      // One that was refused is closed for good.
      if (source.readyState === EventSource.CLOSED && !ended) timer = setTimeout(open, AGAIN_MS);
    };
    for (const [name, listener] of Object.entries(listeners)) {
      source.addEventListener(name, (event) => listener(JSON.parse(event.data), event));
    }
  }

  function close() {
    ended = true;
    clearTimeout(timer);
    source.close();
  }

  onState("waiting");
  open();
  // A page that is kept for the back button must not hold a connection.
  addEventListener("pagehide", close, { once: true });
  return close;
}
