// Answers on their way: kept in the browser until the console has them, sent in order by one tab at a time.
import { Refused, api } from "/static/nav.js";

const PAUSE = 1500;
const channel = new BroadcastChannel("freshet-outbox");
const listeners = [];
let opened = null, pumping = false, again = false;

export function onSent(handler) { listeners.push(handler); }
channel.addEventListener("message", ({ data }) => tell(data));
function tell(data) { for (const handler of listeners) handler(data); }

function database() {
  opened = opened || new Promise((resolve, reject) => {
    const request = indexedDB.open("freshet", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("outbox", { keyPath: "at", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run(mode, work) {
  const store = (await database()).transaction("outbox", mode, { durability: "strict" }).objectStore("outbox");
  return new Promise((resolve, reject) => {
    const request = work(store);
    store.transaction.oncomplete = () => resolve(request.result);
    store.transaction.onerror = () => reject(store.transaction.error);
    store.transaction.onabort = () => reject(store.transaction.error);
  });
}

export const waiting = () => run("readonly", (store) => store.getAll());

// Keep an answer; it is sent as soon as the console can be reached.
export async function post(answer) {
  await run("readwrite", (store) => store.add({ answer }));
  pump();
}

// Forget an answer that was not sent yet; whether there was one.
export async function withdraw(answerId) {
  const found = (await waiting()).find((one) => one.answer.answer_id === answerId);
  if (found) await run("readwrite", (store) => store.delete(found.at));
  return Boolean(found);
}

export async function pump() {
  if (pumping) { again = true; return; }
  pumping = true;
  try { do { again = false; await navigator.locks.request("freshet-outbox", drain); } while (again); } finally { pumping = false; }
}

async function drain() {
  for (;;) {
    const [first] = await run("readonly", (store) => store.getAll(null, 1));
    if (!first) return;
    let result;
    try {
      result = { answer: first.answer, told: await api("/api/answers", first.answer) };
    } catch (error) {
      if (!(error instanceof Refused) || error.status >= 500 || error.status === 401) { setTimeout(pump, PAUSE); return; }
      result = { answer: first.answer, refused: error.message };
    }
    await run("readwrite", (store) => store.delete(first.at));
    tell(result);
    channel.postMessage(result);
  }
}

window.addEventListener("online", pump);
