// A callback that is made is told to the host once, whichever of card and signal comes first.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { tell } from '../../www/callbacks/taken.js';

class Worker {
  #listeners = {};

  on(event, listener) {
    this.#listeners[event] = listener;
  }

  signal(params, command = 'dial') {
    this.#listeners.signal({ command, params });
  }

  call(callId, state) {
    this.#listeners.callchanged({ call: callId && { callId, state } });
  }
}

function listening(answers = []) {
  const worker = new Worker();
  const sent = [];
  tell(worker, async (callId) => {
    sent.push(callId);
    return answers.shift() ?? true;
  });
  return { worker, sent };
}

test('a callback is told once it is dialled, and once', () => {
  const { worker, sent } = listening();
  worker.signal({ callback: true, callId: 'c.1' });
  worker.call('c.1', 'ready');
  assert.deepEqual(sent, [], 'the operator has not pressed the button');
  worker.call('c.1', 'dialing');
  worker.call('c.1', 'connected');
  worker.signal({ callback: true, callId: 'c.1' });
  worker.call('c.1', 'ending');
  assert.equal(sent[0], 'c.1');
});

test('the card may come first', () => {
  const { worker, sent } = listening();
  worker.call('c.1', 'dialing');
  worker.signal({ callback: true, callId: 'c.1' });
  assert.deepEqual(sent, ['c.1']);
});

test('what is no callback, or is made in another tab, is told by nobody here', () => {
  const { worker, sent } = listening();
  worker.signal({ callback: false, callId: 'c.1' });
  worker.signal({ callback: true, callId: 'c.2' });
  worker.signal({ callback: true });
  worker.signal(undefined, 'diagnostics');
  worker.call('c.1', 'dialing');
  worker.call(undefined);
  assert.deepEqual(sent, []);
});

test('a host that does not answer is told again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { worker, sent } = listening([false, false]);
  worker.signal({ callback: true, callId: 'c.1' });
  worker.call('c.1', 'dialing');
  for (const [pause, times] of [[1000, 2], [3000, 3], [60_000, 3]]) {
    await new Promise(setImmediate);
    t.mock.timers.tick(pause);
    await new Promise(setImmediate);
    assert.equal(sent.length, times);
  }
});
