// One stream of events a browser, not a tab: the tab that holds the lock reads it and tells the others.
const KINDS = ["annotation", "rate", "correction", "progress", "head", "metrics", "gap", "answer", "letters", "tried", "diff"];
const QUIET = 15000;
const channel = new BroadcastChannel("freshet-live");
const listeners = [];
let source = null, seen = Date.now(), last = "", leads = false;

// Handlers by kind; `closed` hears whether the stream is away.
export function listen(handlers) { listeners.push(handlers); start(); }

export const isLeader = () => leads;

function tell(kind, data) { for (const handlers of listeners) if (handlers[kind]) handlers[kind](data); }

let started = false;
function start() {
  if (started) return;
  started = true;
  channel.addEventListener("message", ({ data }) => {
    if (data.kind === "visible") { seen = Date.now(); open(); } else tell(data.kind, data.data);
  });
  document.addEventListener("visibilitychange", show);
  setInterval(() => { show(); if (leads && source && Date.now() - seen > QUIET) close(); }, 4000);
  navigator.locks.request("freshet-live", () => new Promise(() => { leads = true; seen = Date.now(); open(); }));
  show();
}

function show() {
  if (document.visibilityState !== "visible") return;
  seen = Date.now();
  channel.postMessage({ kind: "visible" });
  open();
}

function open() {
  if (!leads || source) return;
  source = new EventSource(last ? `/api/events?after=${encodeURIComponent(last)}` : "/api/events");
  source.addEventListener("open", () => share("closed", false));
  source.addEventListener("error", () => { share("closed", true); if (source && source.readyState === EventSource.CLOSED) { close(); setTimeout(open, 2000); } });
  for (const kind of KINDS) source.addEventListener(kind, (event) => { last = event.lastEventId || last; share(kind, JSON.parse(event.data)); });
}

function close() { if (source) source.close(); source = null; }

function share(kind, data) { tell(kind, data); channel.postMessage({ kind, data }); }
