// The contract suite as the package's users run it, on adapters of theirs: one that is right and one that is not.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RIGHT = `
import { problem } from 'b24-background-worker/adapters/lib/problem.js';
import loopback from 'b24-background-worker/adapters/loopback.js';

export default function mine(options) {
  if (!options.line) throw problem('OPTIONS', 'line is missing');
  return loopback(options);
}
`;

const WRONG = `
import loopback from './node_modules/b24-background-worker/adapters/loopback.js';

export default function mine(options) {
  const phone = loopback(options);
  const start = phone.start.bind(phone);
  phone.start = (emit) => start((event) => {
    emit(event);
    if (event.type === 'ended') emit(event);
  });
  return phone;
}
`;

const FAR_END = `
export default (softphone, { caller }) => ({
  number: caller,
  call: (number) => void softphone.remote.call(number),
  answer: () => softphone.remote.answer(),
  hangUp: () => softphone.remote.hangUp(),
});
`;

const OPTIONS = ['--options', '{"line":"+15550100","answerAfterMs":1e9}'];
const STORY = 'a caller who gives up ends the call with 487';

/** @param {string} project a folder in which the package is installed; @param {string} root where esbuild is */
export function tellsRightFromWrong(project, root) {
  writeFileSync(join(project, 'right.js'), RIGHT);
  writeFileSync(join(project, 'wrong.js'), WRONG);
  writeFileSync(join(project, 'far-end.js'), FAR_END);
  const told = (...args) => {
    const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'b24-background-worker-contract', ...args], { cwd: project, encoding: 'utf8' });
    return { status, lines: `${stdout}${stderr}`.trim().split('\n') };
  };

  const unbundled = told('./right.js', ...OPTIONS, '--only', 'signs on');
  assert.equal(unbundled.status, 1, unbundled.lines.join('\n'));
  assert.match(unbundled.lines.join('\n'), /finds no package by its name: `npm install --save-dev esbuild`/);

  const wrong = told('./wrong.js', ...OPTIONS, '--only', STORY);
  assert.equal(wrong.status, 1, wrong.lines.join('\n'));
  assert.equal(wrong.lines[0], `✗ ${STORY}`);
  assert.match(wrong.lines[1], /how often "ended" is told of .* should be 1, and is 2/);
  assert.equal(wrong.lines.at(-1), '0 passed, 1 failed');

  const bundler = join(project, 'node_modules/esbuild');
  symlinkSync(join(root, 'node_modules/esbuild'), bundler);
  try {
    const farEnd = ['--far-end', 'far-end.js', '--far-end-options', '{"caller":"+15550142"}'];
    const right = told('./right.js', ...OPTIONS, ...farEnd, '--only', 'an incoming call', '--only', '486');
    assert.equal(right.status, 0, right.lines.join('\n'));
    assert.equal(right.lines[0], '✓ an incoming call rings with the caller\'s number, waits for the operator, and is answered and hung up');
    assert.ok(right.lines.includes('- a far end that answers 486 ends the call with 486: the far end has no decline()'));
    assert.deepEqual(right.lines.slice(-2), ['2 skipped', '2 passed, 0 failed']);
  } finally {
    rmSync(bundler);
  }
}
