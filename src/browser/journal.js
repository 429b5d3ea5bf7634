// The hub's journal, in IndexedDB: one entry for each hub, of what it still owes the portal and has done
// already, and of what another hub must know to take its calls up. That is a key to those calls, and the
// rest names customers: it is sealed by a key of this browser that no script can read, so that what lies on
// the disk is of use nowhere else.

const DATABASE = 'b24-call-worker';
const STORE = 'journal';
/** Beside the entries, which have the names of hubs. */
const KEY = 'key';

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('another page holds an older database open'));
  });
}

let database;

async function request(mode, ask) {
  database ??= open();
  let transaction;
  try {
    transaction = (await database).transaction(STORE, mode, { durability: 'strict' });
  } catch (error) {
    database = undefined;
    throw error;
  }
  return new Promise((resolve, reject) => {
    const asked = ask(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('the transaction was aborted'));
  });
}

let key;

/** The key of this browser; the first hub makes it, and it never leaves. */
async function ours() {
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  // Of two hubs that make one at once, the first to be kept counts: in one transaction nobody comes between.
  await request('readwrite', (store) => {
    const there = store.getKey(KEY);
    there.onsuccess = () => there.result === undefined && store.put(made, KEY);
    return there;
  });
  return request('readonly', (store) => store.get(KEY));
}

const sealing = () => (key ??= ours().catch((error) => {
  key = undefined;
  throw error;
}));

export async function read(name) {
  const sealed = await request('readonly', (store) => store.get(name));
  if (!sealed?.text) return undefined;
  const { iv, text } = sealed;
  const bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, await sealing(), text);
  return JSON.parse(new TextDecoder().decode(bytes));
}

export async function write(name, journal) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = new TextEncoder().encode(JSON.stringify(journal));
  const text = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await sealing(), bytes);
  return request('readwrite', (store) => store.put({ iv, text }, name));
}
