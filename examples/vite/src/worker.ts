// The call worker of this page: it is in the portal's hidden frame, on every page of the portal.

import init, { CallWorker } from 'b24-background-worker';
import { loadBx24 } from 'b24-background-worker/bx24';
import { statusTexts } from 'b24-background-worker/texts';

import { WebPhone } from './phone';

declare const BX24: { getLang(): string };

const { bx24, line }: { bx24: string; line: string } = await (await fetch('/config.json')).json();
await Promise.all([loadBx24(bx24), init()]);

let phone: WebPhone | undefined; // only the page that has the seat makes one
const worker = await CallWorker.start({
  softphone: () => (phone = new WebPhone()),
  lines: [line],
  statusTexts: statusTexts(BX24.getLang()),
  report: ({ code, message }) => console.error(code, message),
});

worker.on('cardinitialized', ({ card, call }) => card.setCardTitle(`My PBX: ${call.phoneNumber}`));
worker.on('callrecorded', ({ duration, statusCode }) => console.log(`recorded: ${duration} s, ${statusCode}`));

// For the console of the frame: `await connection().getStats()` tells what is sent and heard.
Object.assign(globalThis, { worker, connection: () => worker.call && phone?.peerConnection(worker.call.phoneCallId) });
