// The call worker of this page: it is in the portal's hidden frame, on every page of the portal.

import init, { CallWorker } from '/b24/worker.js';
import { loadBx24 } from '/b24/bx24.js';
import { statusTexts } from '/b24/texts.js';
import { WebPhone } from '/phone.js';

const { bx24, line, iceServers } = await (await fetch('/config.json')).json();
await Promise.all([loadBx24(bx24), init()]);

const report = ({ code, message }) => console.error(code, message);
let phone; // only the page that has the seat makes one
const worker = await CallWorker.start({
  softphone: () => (phone = new WebPhone({ line, iceServers })),
  lines: [line],
  statusTexts: statusTexts(BX24.getLang()),
  report,
});

worker.on('callrecorded', ({ duration, statusCode }) => console.log(`recorded: ${duration} s, ${statusCode}`));

// For the console of the frame: `await connection().getStats()` tells what is sent and heard.
globalThis.connection = () => phone?.peerConnection(worker.call?.phoneCallId);
