// A machine made of stand-ins: the scripts see only the programs that a test names, and a few that every system has.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { onPath } from '../../contract/chromium.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// What macOS has, too: no timeout, no flock, no readlink.
const EVERYWHERE = [
  'awk', 'basename', 'bash', 'cat', 'chmod', 'cmp', 'cp', 'cut', 'dirname', 'env', 'find', 'grep', 'head', 'ln', 'mkdir', 'mktemp', 'mv',
  'od', 'rm', 'sed', 'sh', 'sleep', 'sort', 'tail', 'tee', 'tr',
];

const RELEASES = {
  debian: 'ID=debian\n',
  ubuntu: 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n',
  mint: 'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
  fedora: 'ID=fedora\n',
  rocky: 'ID="rocky"\nID_LIKE="rhel centos fedora"\n',
};

/**
 * @param {import('node:test').TestContext} t the machine goes when this ends
 * @param {{ release?: keyof RELEASES, programs?: Record<string, string> }} what `programs`: a name, or a path below the machine's
 *   root, and what it does, in sh; each records that it was called.
 */
export function machine(t, { release, programs = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'b24-machine-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (...names) => join(folder, ...names);
  for (const name of ['bin', 'usual', 'home', 'tmp', 'snap/bin']) mkdirSync(at(name), { recursive: true });
  for (const name of EVERYWHERE) symlinkSync(onPath(name), at('usual', name));
  for (const [name, does] of Object.entries({ uname: 'echo Linux', id: 'echo 0', ...programs })) {
    const path = name.includes('/') ? at(name) : at('bin', name);
    writeFileSync(path, `#!/bin/sh\necho "\${0##*/} $*" >>'${at('calls')}'\n${does}\n`);
    chmodSync(path, 0o755);
  }
  writeFileSync(at('release'), RELEASES[release] ?? '');
  const env = {
    TMPDIR: at('tmp'),
    PATH: [at('bin'), at('snap/bin'), at('usual')].join(':'),
    HOME: at('home'),
    B24_TOOLS: at('tools'),
    B24_OS_RELEASE: at('release'),
  };
  return {
    at,
    env,
    /** What it gives when the scripts are sourced and then this is run. */
    run(commands) {
      const script = `set -euo pipefail; ROOT='${ROOT}'
        for part in lib packages wasm-target setup api test test-host; do . "$ROOT/scripts/$part.sh"; done
        DEBIAN_RUSTC='${at('bin/rustc')}' DEBIAN_LIB='${at('rustlib')}' APPLICATIONS='${at('applications')}'
        ${commands}`;
      const { status, stdout, stderr } = spawnSync(at('usual/bash'), ['-c', script], { env, encoding: 'utf8' });
      return { status, said: stdout.trim(), complained: stderr.trim() };
    },
    calls: (program) => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').split('\n') : []).filter((line) => line.startsWith(`${program} `)),
  };
}

export const MAC = { programs: { uname: 'echo Darwin', brew: 'exit 1' } };
export const FEDORA = { release: 'fedora', programs: { dnf: 'exit 1' } };
export const UBUNTU = { release: 'ubuntu', programs: { 'apt-get': '' } };
export const DEBIAN = { release: 'debian', programs: { 'apt-get': '' } };
export const NOTHING = {};

/** The same machine with more programs. */
export const having = (programs, what) => ({ ...what, programs: { ...what.programs, ...programs } });
