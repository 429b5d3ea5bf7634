// The hub's module: what must exist once per browser, portal and operator. It runs in a SharedWorker,
// or, where a browser has none, in the page that holds the hub's lock (see reach.js).

import init, { Hub } from 'b24-hub-glue';

/** Pauses before the module is fetched again. */
const PAUSES_MS = [1000, 4000, 15_000, 60_000];

/** How long a softphone stays registered while no page is open. */
const AWAY_MS = 20_000;
/** How often a hub that is to give way looks whether it may, and how long its last words take. */
const LOOK_MS = 500;

/**
 * Starts the hub of this name.
 *
 * @param {string} name
 * @param {{ wasm: string, signals?: boolean, phone?: boolean, version?: number }} hello what a tab says first; `phone`: the
 *   softphone's signalling lives here, and each softphone that a tab names with its media is one of ours
 * @param {(why: string) => void} failed told when the module can't be loaded; it is fetched again
 * @returns {Promise<(port: MessagePort) => void>} takes the tabs' ports
 */
export async function here(name, { wasm, signals = true, phone = false }, failed) {
  await fetched(wasm, failed);
  const hub = new Hub(name, phone, signals);
  const signalling = new Signalling(hub);
  const attach = (port) => {
    port.onmessage = ({ data }) => (data?.media ? signalling.offered(data) : hub.receive(port, data));
  };
  return Object.assign(attach, { hub, signalling });
}

/** The softphone whose signalling lives here, and the ports behind which its media can be. */
class Signalling {
  #hub;
  #ports = new Map();
  #seat;
  #made;
  #softphone;
  #moves = Promise.resolve();
  #signOff;

  constructor(hub) {
    this.#hub = hub;
  }

  /** A tab offers its microphone, and says for which softphone. */
  offered({ media, phone, tab }) {
    this.#ports.set(tab, media);
    const wanted = JSON.stringify(phone);
    // Another account takes effect when no call is up.
    if (wanted !== this.#made && (!this.#made || this.#hub.isIdle)) {
      this.#made = wanted;
      this.#next(() => this.#make(phone));
    } else if (tab === this.#seat) this.#move(media);
  }

  async #make({ module, options }) {
    try {
      await this.#softphone?.stop?.();
      const { inHub } = await import(module);
      this.#softphone = await inHub(options, { report: (problem) => this.#report(problem) });
      this.#hub.adopt(this.#softphone, (tab) => this.#sit(tab));
    } catch (error) {
      this.#made = undefined; // the next offer is another try
      this.#report(error);
    }
  }

  #sit(tab) {
    this.#seat = tab;
    clearTimeout(this.#signOff);
    // With no page left nobody could answer: the PBX should know. The page that comes next makes it anew.
    if (!tab) this.#signOff = setTimeout(() => this.#hub.isIdle && this.stop(), AWAY_MS);
    for (const other of this.#ports.keys()) if (other !== tab) this.#ports.delete(other);
    this.#move(this.#ports.get(tab) ?? null);
  }

  /** Signs off. */
  stop() {
    this.#made = undefined;
    return this.#next(async () => {
      const softphone = this.#softphone;
      this.#softphone = undefined;
      await softphone?.stop?.();
    });
  }

  /** At once, also in the middle of a move: a seat that died meanwhile is left only by the next one. */
  #move(port) {
    Promise.resolve(this.#softphone?.seat(port)).then(() => this.#hub.moved(), (error) => this.#report(error));
  }

  /** One after the other: a softphone is made when the one before has signed off. */
  #next(step) {
    return (this.#moves = this.#moves.then(step).catch((error) => this.#report(error)));
  }

  #report(problem) {
    this.#hub.report(String(problem?.code ?? 'SOFTPHONE'), String(problem?.message ?? problem));
  }
}

async function fetched(wasm, failed) {
  for (let tries = 0; ; tries++) {
    try {
      return await init({ module_or_path: wasm + (tries ? `?retry=${tries}` : '') });
    } catch (error) {
      // Once a call for help is enough.
      if (tries === 0) failed(`the hub's module can't be loaded (${error?.message ?? error}); calls come once it can: it is fetched again`);
      const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/**
 * Only one hub of a name lives at a time: the one that has the lock of that name, for as long as it lives. One of a
 * newer version that waits for it gets it as soon as no call is up.
 *
 * @param {string} name
 * @param {number} version
 * @param {() => void} older told when a newer one has the lock, which will not give way
 * @returns {Promise<() => Promise<void>>} waits until a newer one wants the lock
 */
function alone(name, version, older) {
  const channel = new BroadcastChannel(`${name} version`);
  let newer;
  const wanted = new Promise((resolve) => (newer = resolve));
  return new Promise((resolve) => {
    const waits = (event) => {
      if (event.data?.current > version) older();
    };
    const lives = (event) => {
      if (event.data?.waits > version) newer();
      else if (event.data?.waits < version) channel.postMessage({ current: version });
    };
    channel.onmessage = waits;
    navigator.locks.request(name, () => {
      channel.onmessage = lives;
      channel.postMessage({ current: version });
      resolve(() => wanted);
      return new Promise(() => {}); // it ends with the hub
    });
    channel.postMessage({ waits: version });
  });
}

/** Gives way to a newer hub: between calls, signed off, and with nothing left to say. */
async function giveWay({ hub, signalling }) {
  const pause = () => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  while (!hub.isIdle) await pause();
  await hub.leave();
  await signalling.stop();
  await pause();
  globalThis.close();
}

if (typeof SharedWorkerGlobalScope === 'function' && globalThis instanceof SharedWorkerGlobalScope) {
  let begun;
  const ports = new Set();
  const tell = (message) => {
    for (const port of ports) port.postMessage(message);
  };
  const begin = async (hello) => {
    const newer = navigator.locks ? await alone(globalThis.name, hello.version ?? 0, () => tell({ outdated: true })) : () => new Promise(() => {});
    const attach = await here(globalThis.name, hello, (failed) => tell({ failed }));
    newer().then(() => giveWay(attach));
    return attach;
  };
  globalThis.onconnect = ({ ports: [port] }) => {
    let hello;
    const early = [];
    ports.add(port);
    port.onmessage = (event) => {
      if (hello) {
        // A tab says again all that was not answered: what it said before is in the last one.
        const before = event.data instanceof Uint8Array ? early.findIndex(({ data }) => data instanceof Uint8Array) : -1;
        if (before >= 0) early.splice(before, 1);
        early.push(event);
        return;
      }
      hello = event.data;
      begun ??= begin(hello);
      begun.then((attach) => {
        ports.delete(port);
        attach(port);
        for (const it of early) port.onmessage(it);
      });
    };
  };
}
