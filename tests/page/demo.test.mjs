// ./build.sh demo, by what it is told.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { ROOT } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** The demo with these options: what it has printed so far, and its end. */
function demo(...args) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/demo.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const it = { text: '', child, ended: once(child, 'exit') };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (it.text += data));
  return it;
}

test('the demo runs with a softphone of one\'s own, and ends when it is asked to', async () => {
  const run = demo('--adapter', 'loopback', '--adapter-options', '{"answerAfterMs":7}', '--line', '+15550177');
  try {
    const [, host] = await Promise.race([
      until(() => /served by (http\S+)\. /.exec(run.text), { what: 'the demo to be up' }),
      run.ended.then(() => assert.fail(run.text)),
    ]);
    // Node.js asks the system for names that browsers know by themselves.
    const page = await (await fetch(`${host.replace('app.localhost', '127.0.0.1')}/handler`)).text();
    const config = JSON.parse(/id="b24-config">(.*?)<\/script>/.exec(page)[1]);
    assert.deepEqual(config.adapter.options, { answerAfterMs: 7 });
    assert.deepEqual(config.worker.lines, ['+15550177']);
    assert.equal(config.serviceWorker, undefined, 'what has changed is there with the next load');
  } finally {
    run.child.kill('SIGTERM');
  }
  assert.deepEqual(await run.ended, [0, null]);
});

for (const [args, why] of [
  [['--adaptor', 'mine'], /--adaptor/],
  [['--adapter', 'mine', '--adapter-options', '{server}'], /--adapter-options is no JSON/],
  [['--line', '+15550177'], /want --adapter/],
  [['--once', '--adapter', 'mine'], /--once drives the demo's own softphone/],
]) {
  test(`the demo does not begin with ${args.join(' ')}, and says why`, async () => {
    const run = demo(...args);
    assert.deepEqual(await run.ended, [2, null]);
    assert.match(run.text, why);
    assert.match(run.text, /Usage: /);
  });
}
