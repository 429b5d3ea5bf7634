// The call worker of this page: it is in the portal's hidden frame, on every page of the portal.

import init, { CallWorker } from '/b24/worker.js';
import { loadBx24 } from '/b24/bx24.js';
import { statusTexts } from '/b24/texts.js';
import { MyPhone } from '/phone.js';

const { bx24, line } = await (await fetch('/config.json')).json();
await Promise.all([loadBx24(bx24), init()]);

const worker = await CallWorker.start({
  softphone: () => new MyPhone(),
  lines: [line],
  statusTexts: statusTexts(BX24.getLang()),
  report: ({ code, message }) => console.error(code, message),
});

worker.on('cardinitialized', ({ card, call }) => card.setCardTitle(`My PBX: ${call.phoneNumber}`));
worker.on('callrecorded', ({ duration, statusCode }) => console.log(`recorded: ${duration} s, ${statusCode}`));
