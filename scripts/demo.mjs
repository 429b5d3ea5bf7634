// The demo: a portal, a handler host and a softphone on this machine.
//
//     node scripts/demo.mjs            serves it until Ctrl-C
//     node scripts/demo.mjs --once     drives two whole calls in headless Chromium and reports

import { startStack } from '../tests/support/servers.mjs';
import { drive } from './demo-once.mjs';

const once = process.argv.includes('--once');
const known = ['--once'];
const stray = process.argv.slice(2).filter((it) => !known.includes(it));
if (stray.length > 0) {
  console.error(`demo: unknown option ${stray.join(' ')} (there is --once)`);
  process.exit(2);
}

// The ports of the documentation where they are free. A scripted run leaves those to people.
const stack = await startStack({ ports: once ? [] : [8080, 8081] });
if (once) {
  process.exitCode = (await drive(stack)) ? 0 : 1;
  await stack.stop();
} else {
  await serve();
}

async function serve() {
  console.log(`
  The portal is open:  ${stack.simulator.url}

  Open it in a browser, and try:
    • Ring:      "Call" on the customer's phone, at the foot of the page. The call card rings.
    • Answer:    "Answer" on the card. Hold, mute and the keypad reach the customer's phone.
    • Hang up:   from either side. The call record below the phone shows how it ended.
    • Call:      click a phone number on the page, then "Answer" on the customer's phone.

  The worker is served by ${stack.host.url}. Ctrl-C ends both.
`);
  const asked = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve());
  });
  const died = [stack.simulator, stack.host].map((server) => server.exited.then(() => server));
  const dead = await Promise.race([asked, ...died]);
  if (dead) {
    console.error(`demo: ${dead.name} has ended by itself. Its last lines:\n${dead.log().split('\n').slice(-20).join('\n')}`);
    process.exitCode = 1;
  }
  await stack.stop();
  if (!dead) console.log('\n  Both have stopped.');
}
