// One end-to-end story: fresh servers, a fresh browser profile, a portal page with the worker
// ready, and at the end what must hold after every story.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { launchBrowser } from './browser.mjs';
import { startLife } from './life.mjs';
import { Portal } from './portal.mjs';
import { startStack } from './servers.mjs';
import { test } from './test.mjs';

/** Of a browser that opens one page nothing need be kept; those with several keep theirs (Operator, service-worker.test.mjs). */
const ONE_PAGE = ['--no-service-worker'];

let launched; // one for all the stories of a file; each has a context of its own

after(async () => (await launched)?.close());

/**
 * @param {string} name What happens, as one would tell it.
 * @param {{ life?: object, hides?: boolean, faults?: object, host?: object, holdAssets?: boolean, opened?: (portal: Portal) => Promise<void> }} options
 *   `life` (options of startLife): the app is installed first, and the host binds its placements. `host` is added to
 *   what the host is started with; `faults` are set before the page opens; `opened` is told while the worker is not yet
 *   ready, with `holdAssets` while it has not even its files. `hides`: a backend takes a card away, of which nobody tells the worker, so one
 *   command may find it gone.
 * @param {(portal: Portal) => Promise<Portal | void>} tell gives the tab that is left where that is another
 */
export function story(name, options, tell) {
  const { life, hides, faults, host, holdAssets, opened } = options;
  test(name, async () => {
    launched ??= launchBrowser();
    const { browser } = await launched;
    const stack = life ? await startLife(life) : await startStack({ host: { ...host, args: [...ONE_PAGE, ...(host?.args ?? [])] } });
    let portal;
    try {
      if (life) await stack.install();
      if (faults) await stack.simulator.api('PUT', '/sim/faults', faults);
      portal = await Portal.open(browser, stack, { holdAssets });
      await opened?.(portal);
      await portal.ready();
      const left = await tell(portal);
      await everyEnd(left ?? portal, { hides });
    } catch (error) {
      error.message += `\n\n${await messages(stack)}\n${stack.logs()}`;
      throw error;
    } finally {
      await portal?.close();
      await stack.stop();
    }
  });
}

// Whatever was told: no card, no connection left open, no call unfinished or finished twice.
async function everyEnd(portal, { hides }) {
  await portal.card(null);
  await portal.silent();
  const broken = await portal.brokenPromises();
  assert.ok(broken.length <= (hides ? 1 : 0), broken.join('\n'));
  for (const call of await portal.calls()) {
    assert.equal(call.finishes, 1, `${call.CALL_ID} is recorded once`);
    assert.equal(call.finishRequests, 1, `${call.CALL_ID} is finished with one request`);
  }
  const { state, errors } = await portal.diagnostics();
  assert.equal(state, 'ready', `the page's diagnostics: ${JSON.stringify(errors)}`);
}

async function messages(stack) {
  try {
    const log = await stack.simulator.api('GET', '/sim/log?since=0');
    const lines = log.slice(-40).map(({ kind, name, text }) => `${kind.padEnd(5)} ${name}  ${text.slice(0, 200)}`);
    return `--- the last messages\n${lines.join('\n')}`;
  } catch (error) {
    return `--- no message log: ${error.message}`;
  }
}
