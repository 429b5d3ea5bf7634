// The demo: a portal, a handler host and a softphone on this machine.
//
//     node scripts/demo.mjs            serves it until Ctrl-C
//     node scripts/demo.mjs --once     drives two whole calls in headless Chromium and reports

import { parseArgs } from 'node:util';

import { startStack } from '../tests/support/servers.mjs';
import { drive } from './demo-once.mjs';

const USAGE = `Usage: ./build.sh demo [--adapter NAME|URL [--adapter-options JSON] [--line NUMBER]...]
       ./build.sh demo --once

  --adapter NAME|URL       your softphone: a file of www/adapters/ (without .js), or the address of a module. Calls then come
                           from where it gets them, and not from the customer's phone at the foot of the page
  --adapter-options JSON   what it is made with
  --line NUMBER            a number of its lines; repeatable
  --once                   drives calls in headless Chromium, with the demo's own softphone, and reports`;

const { once, adapter, host } = options();
// The ports of the documentation where they are free. A scripted run leaves those to people.
const stack = await startStack({ ports: once ? [] : [8080, 8081], host }).catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exit(1);
});
if (once) {
  process.exitCode = (await drive(stack)) ? 0 : 1;
  await stack.stop();
} else {
  await serve();
}

/** What is asked for, and what the host is started with for it. */
function options() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, line: { type: 'string', multiple: true },
        adapter: { type: 'string' }, 'adapter-options': { type: 'string' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit();
    }
    const { once, adapter, line, 'adapter-options': given } = values;
    if (once && (adapter || given || line)) throw new Error('--once drives the demo\'s own softphone: leave out the others');
    if ((given || line) && !adapter) throw new Error('--adapter-options and --line want --adapter');
    // Whoever changes a softphone wants to see it with the next load, and not with the one after.
    const args = once ? [] : ['--no-service-worker'];
    return { once, adapter, host: adapter ? { adapter, adapterOptions: parsed(given ?? '{}'), line, args } : { args } };
  } catch (error) {
    console.error(`demo: ${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`--adapter-options is no JSON: ${error.message}`);
  }
}

async function serve() {
  const ring = adapter
    ? `a call to ${adapter} from where it gets its calls.`
    : '"Call" on the customer\'s phone, at the foot of the page. The call card rings.';
  console.log(`
  The portal is open:  ${stack.simulator.url}

  Open it in a browser, and try:
    • Ring:      ${ring}
    • Answer:    "Answer" on the card. Hold, mute and the keypad reach the customer's phone.
    • Hang up:   from either side. The call record below the phone shows how it ended.
    • Call:      click a phone number on the page, then ${adapter ? 'answer there' : '"Answer" on the customer\'s phone'}.

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
