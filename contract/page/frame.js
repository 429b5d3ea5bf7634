// The page of one story's softphone, or of its far end: a frame, so that nothing is left of it afterwards. What the
// softphone opens is counted before it is there.

const connections = [];
const Native = globalThis.RTCPeerConnection;
globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
  constructor(...args) {
    super(...args);
    connections.push(this);
  }
};

const tracks = [];
let refused = false;
let asked = 0;
const { mediaDevices } = navigator;
const ask = mediaDevices?.getUserMedia.bind(mediaDevices);
if (ask) {
  mediaDevices.getUserMedia = async (...args) => {
    asked++;
    if (refused) throw new DOMException('Permission denied', 'NotAllowedError');
    const stream = await ask(...args);
    tracks.push(...stream.getTracks());
    return stream;
  };
}
for (const [Type, clones] of [[MediaStreamTrack, (track) => [track]], [MediaStream, (stream) => stream.getTracks()]]) {
  const { clone } = Type.prototype;
  Type.prototype.clone = function () {
    const made = clone.call(this);
    const isMicrophone = clones(this).some((track) => tracks.includes(track));
    if (isMicrophone) tracks.push(...clones(made));
    return made;
  };
}

const trouble = [];
addEventListener('error', ({ message }) => trouble.push(message));
addEventListener('unhandledrejection', ({ reason }) => trouble.push(String(reason?.message ?? reason)));

async function load(address, what) {
  const { default: make } = await import(address).catch((error) => {
    throw new Error(`${what} can't be loaded: ${error.message}`);
  });
  if (typeof make !== 'function') throw new Error(`${what} has no function as its default export`);
  return make;
}

async function made(what, make) {
  try {
    return await make();
  } catch (error) {
    throw new Error(`${what}'s default export throws: ${error?.message ?? error}`);
  }
}

/** @param {{ adapter: string, options: unknown }} what */
export async function openSoftphone({ adapter, options }) {
  const make = await load(adapter, 'the adapter');
  const told = [];
  const reports = [];
  const page = { report: ({ code, message }) => reports.push({ code, message }), iceServers: () => undefined };
  const softphone = await made('the adapter', () => make(options, page));
  if (typeof softphone !== 'object' || softphone === null) throw new Error('the adapter\'s default export gives no softphone');
  await softphone.start?.((event) => {
    try {
      told.push(structuredClone(event));
    } catch {
      trouble.push(`an event that is no plain data: ${event?.type}`);
    }
  });
  return {
    softphone,
    events: () => [...told],
    reports: () => reports,
    trouble: () => trouble,
    live: () => connections.filter((it) => it.signalingState !== 'closed').length,
    microphones: () => tracks.filter((it) => it.kind === 'audio' && it.readyState === 'live').length,
    refuseMicrophone() {
      refused = true;
      asked = 0;
    },
    microphonesAsked: () => asked,
  };
}

/** @param {{ farEnd: string, softphone: object, options: unknown }} what */
export async function openFarEnd({ farEnd, softphone, options }) {
  const farEndOf = await load(farEnd, 'the far end');
  const end = await made('the far end', () => farEndOf(softphone, options));
  for (const method of ['call', 'answer', 'hangUp']) {
    if (typeof end?.[method] !== 'function') throw new Error(`the far end has no ${method}()`);
  }
  return end;
}

globalThis.contract = { openSoftphone, openFarEnd };
