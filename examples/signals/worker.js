// The worker of an application without calls: it is in the portal's hidden frame, on every page, and hears its backend.

import init, { CallWorker } from '/b24/worker.js';
import { loadBx24 } from '/b24/bx24.js';

const { bx24 } = await (await fetch('/config.json')).json();
await Promise.all([loadBx24(bx24), init()]);

const worker = await CallWorker.start({ report: ({ code, message }) => console.error(code, message) });

worker.on('signal', async ({ command, params }) => {
  if (command !== 'deal.won') return;
  // Each tab hears of it; what must be done once is done by the one that is told `true`.
  const done = await worker.once(`deal.won ${params.deal}`);
  const page = worker.page.options.URI ?? 'a page';
  await fetch('/done', { method: 'POST', body: JSON.stringify({ deal: params.deal, page, done }) });
});

globalThis.worker = worker; // for the console of the frame
