// The hub's journal, in IndexedDB: one entry for each hub, of what it still owes the portal, and of what
// it has done already.

const DATABASE = 'b24-call-worker';
const STORE = 'journal';

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

export const read = (name) => request('readonly', (store) => store.get(name));

export const write = (name, journal) => request('readwrite', (store) => store.put(journal, name));
