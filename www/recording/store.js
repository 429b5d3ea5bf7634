// The records that are not attached yet, on the browser's disk: a row a call, a row a second of it.

const NAME = 'b24-call-worker-records';

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {string} owner whose records these are: nobody else attaches them, also where several sign in at one machine */
export async function openStore(owner) {
  const opening = indexedDB.open(`${NAME} ${owner}`.trim(), 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('calls');
    opening.result.createObjectStore('chunks', { autoIncrement: true }).createIndex('key', 'key');
  };
  return new Store(await settled(opening));
}

class Store {
  #db;
  // Writes of one page follow each other: a record is finished after its last second is in.
  #last = Promise.resolve();

  constructor(db) {
    this.#db = db;
  }

  begin(key, call) {
    return this.#write(['calls'], (calls) => calls.put(call, key));
  }

  append(key, samples, sampleRate) {
    return this.#write(['chunks'], (chunks) => chunks.add({ key, sampleRate, samples: new Blob([samples]) }));
  }

  /** The call is finished on the portal under this name: its record may be attached. */
  finish(key, callId) {
    return this.#write(['calls'], async (calls) => calls.put({ ...(await settled(calls.get(key))), callId }, key));
  }

  async drop(key) {
    await this.#write(['calls', 'chunks'], async (calls, chunks) => {
      calls.delete(key);
      for (const id of await settled(chunks.index('key').getAllKeys(key))) chunks.delete(id);
    });
  }

  call(key) {
    return settled(this.#db.transaction('calls').objectStore('calls').get(key));
  }

  /** Every call there is a row of, as `[key, call]`. */
  async calls() {
    const calls = this.#db.transaction('calls').objectStore('calls');
    const [keys, values] = await Promise.all([settled(calls.getAllKeys()), settled(calls.getAll())]);
    return keys.map((key, index) => [key, values[index]]);
  }

  /** The record as a wav. A blob of blobs: what is on the disk stays there. */
  async wav(key) {
    const rows = await settled(this.#db.transaction('chunks').objectStore('chunks').index('key').getAll(key));
    const samples = rows.map((row) => row.samples);
    const bytes = samples.reduce((sum, blob) => sum + blob.size, 0);
    return bytes ? new Blob([header(bytes, rows[0].sampleRate), ...samples], { type: 'audio/wav' }) : null;
  }

  #write(names, change) {
    const write = this.#last.then(async () => {
      const transaction = this.#db.transaction(names, 'readwrite');
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error ?? new Error('the browser stores no more'));
      });
      await change(...names.map((name) => transaction.objectStore(name)));
      await done;
    });
    this.#last = write.catch(() => {});
    return write;
  }
}

/** RIFF, format 1 (PCM), one channel, 16 bits. */
function header(bytes, sampleRate) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (at, word) => [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + bytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, bytes, true);
  return view;
}
