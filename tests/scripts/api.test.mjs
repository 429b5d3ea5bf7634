// `./build.sh api` in repositories of one file each: which release it compares with, and what it says.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { onPath } from '../../contract/chromium.js';
import { DEBIAN, having, machine } from './machine.mjs';

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url));
const BOTH = 'export const a: 1;\nexport const b: 2;\n';
const program = (name) => `exec '${onPath(name)}' "$@"`;
// What cargo describes is the crate's manifest; what it would install is a tool that is content, or is not.
const installs = (status) => `if [ "$1" = rustdoc ]; then
    while [ "$1" != --manifest-path ]; do shift; done
    described="$CARGO_TARGET_DIR/wasm32-unknown-unknown/doc/b24_background_worker.json"
    mkdir -p "\${described%/*}"; cp "$2" "$described"; exit
  fi
  while [ "$1" != --root ]; do shift; done
  mkdir -p "$2/bin"; printf '#!/bin/sh\\necho "$@"\\nexit ${status}\\n' >"$2/bin/cargo-semver-checks"; chmod +x "$2/bin/cargo-semver-checks"`;

/** A repository whose build.sh makes the package of its folder declared/. */
function repository(t, { crate = 0 } = {}) {
  const host = machine(t, having({
    git: program('git'), tar: program('tar'), node: `exec '${process.execPath}' "$@"`,
    cargo: installs(crate), cc: '', rustc: 'echo rustc 1.99.0',
  }, DEBIAN));
  const at = (...names) => host.at('repository', ...names);
  const write = (path, text) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text, { mode: 0o755 });
  };
  const git = (...args) => {
    const as = ['user.name=A', 'user.email=a@example.org', 'init.defaultBranch=main'].flatMap((it) => ['-c', it]);
    const { status, stderr } = spawnSync(onPath('git'), [...as, ...args], { cwd: at(), env: host.env, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const repo = {
    at,
    git,
    /** Commits what there is now. */
    commit({ version = '0.1.0', declared = BOTH, codes = ['BUSY', 'LOST'], changelog = '', uses = '', tag } = {}) {
      write('Cargo.toml', `[package]\nversion = "${version}"\nrust-version = "1.90"\n`);
      write('CHANGELOG.md', `# Changelog\n\n## Unreleased\n\n${changelog}`);
      write('docs/errors.md', `# Codes\n\n## All\n\n${codes.map((code) => `### ${code}\n\nIt is.\n\nCure: it.\n`).join('\n')}`);
      write('declared/index.d.ts', declared);
      write('declared/package.json', JSON.stringify({ name: 'mine', version, exports: { '.': { types: './index.d.ts' } } }));
      write('build.sh', '#!/bin/sh\ncd "$(dirname "$0")" && rm -rf pkg && cp -R declared pkg\n');
      write('scripts/test-types.mjs', uses);
      write('scripts/docs-blocks.mjs', '');
      write('.gitignore', '/pkg\n/target/\n/scripts/api.mjs\n');
      git('add', '.');
      git('commit', '-q', '--allow-empty', '-m', version);
      if (tag) git('tag', tag);
      return repo;
    },
    run(commands = 'api', root = at()) {
      return host.run(`ROOT='${root}'; TARGET_DIR=$ROOT/target; WASM_READY=1
        need_npm() { :; }
        build_package() { "$ROOT/build.sh" run build_package; }
        checked() { echo "checked $1"; }; skipped() { echo "skipped $1: $2"; }
        ${commands}`);
    },
  };
  mkdirSync(at('scripts'), { recursive: true });
  symlinkSync(join(SCRIPTS, 'api.mjs'), at('scripts/api.mjs'));
  git('init', '-q');
  return repo;
}

test('without a release there is nothing to compare with, and that is said', (t) => {
  const repo = repository(t).commit().commit({ declared: '' });
  const { status, said } = repo.run();
  assert.equal(status, 0);
  assert.equal(said, 'there is no release to compare with');
  assert.equal(repo.run('public_api').said, 'skipped public API: there is no release to compare with');
});

test('an export or an error code that is gone since the last release is told, with the cure', (t) => {
  const repo = repository(t).commit({ tag: 'v0.1.0' }).commit({ version: '0.1.1', declared: 'export const a: 1;\n', codes: ['BUSY', 'NEW'] });
  const { status, said } = repo.run();
  assert.equal(status, 1);
  assert.match(said, /^- b of mine is gone$/m);
  assert.match(said, /^- the error code LOST is gone from docs\/errors\.md$/m);
  assert.match(said, /^0\.1\.1 may not break what used 0\.1\.0 \(v0\.1\.0\): keep the old .*, or raise the second number of the version in Cargo\.toml$/m);
  assert.equal(repo.run('public_api').said, 'checked public API since v0.1.0');
});

test('the second number of the version says that it may break, and from 1.0 on the first', (t) => {
  const gone = { declared: 'export const a: 1;\n' };
  const repo = repository(t).commit({ tag: 'v0.1.0' }).commit({ ...gone, version: '0.2.0' });
  const young = repo.run();
  assert.equal(young.status, 0, young.complained);
  assert.match(young.said, /^- b of mine is gone\n0\.2\.0 may break what used 0\.1\.0/m);
  repo.commit({ version: '1.0.0', tag: 'v1.0.0' }).commit({ ...gone, version: '1.1.0' });
  const grown = repo.run();
  assert.equal(grown.status, 1);
  assert.match(grown.said, /raise the first number/);
  assert.equal(repo.commit({ ...gone, version: '2.0.0' }).run().status, 0);
});

test('what has only grown passes, and the crate is compared by the tool for it', (t) => {
  const more = { declared: `${BOTH}export const c: 3;\n`, codes: ['BUSY', 'LOST', 'NEW'] };
  const repo = repository(t).commit({ tag: 'v0.1.0' }).commit({ version: '0.1.1', ...more });
  const { status, said, complained } = repo.run();
  assert.equal(status, 0, complained);
  assert.match(said, /^package and error codes: all that v0\.1\.0 has is there$/m);
  const asked = said.split('\n').at(-1);
  const compared = /^semver-checks .*--baseline-rustdoc (\S+) --current-rustdoc (\S+)$/.exec(asked)?.slice(1) ?? [];
  assert.deepEqual(compared.map((path) => /version = "(.*)"/.exec(readFileSync(path, 'utf8'))[1]), ['0.1.0', '0.1.1'], asked);
});

test("a break of the crate's is one", (t) => {
  const repo = repository(t, { crate: 1 }).commit({ tag: 'v0.1.0' }).commit({ version: '0.1.1' });
  assert.equal(repo.run().status, 1);
});

test("the release's own tests of types are told with today's package", (t) => {
  const uses = "import { readFileSync } from 'node:fs'; console.log(readFileSync('pkg/index.d.ts', 'utf8')); process.exitCode = 1;";
  const { status, said } = repository(t).commit({ tag: 'v0.1.0', uses }).commit({ declared: `${BOTH}export const today: 1;\n` }).run();
  assert.equal(status, 1);
  assert.match(said, /^- scripts\/test-types\.mjs of v0\.1\.0 fails with today's package:\n[^]*today/m);
});

test('the last release is the highest version that came before, whatever else is tagged', (t) => {
  const repo = repository(t).commit({ version: '0.2.0', tag: 'v0.2.0' }).commit({ version: '0.10.0', tag: 'v0.10.0' });
  for (const tag of ['v0.11.0-rc.1', 'vnext', '9.0.0', 'v9.0.0']) repo.git('tag', tag);
  repo.commit({ version: '0.10.1' });
  assert.equal(repo.run('last_release').said, 'v0.10.0');
  repo.git('checkout', '-q', '-b', 'older', 'v0.2.0');
  assert.equal(repo.run('last_release').said, 'v0.2.0');
});

test('any commit may be compared with, and one that is none is told', (t) => {
  const repo = repository(t).commit().commit({ declared: 'export const a: 1;\n' });
  assert.match(repo.run('api --since HEAD~1').said, /^- b of mine is gone$/m);
  const none = repo.run('api --since v7.0.0');
  assert.equal(none.status, 1);
  assert.match(none.complained, /v7\.0\.0 is no commit of this clone: git fetch --tags, with --unshallow/);
  assert.match(repo.run('api --before v1').complained, /unknown option: --before/);
});

test('a clone that lacks the tags of releases is not taken for one without releases', (t) => {
  const repo = repository(t).commit({ changelog: '## 0.1.0\n', tag: 'v0.1.0' }).commit({ changelog: '## 0.1.0\n' });
  repo.git('clone', '-q', '--depth', '1', '--no-tags', `file://${repo.at()}`, repo.at('target/shallow'));
  const shallow = (commands) => repo.run(commands, repo.at('target/shallow'));
  const refused = shallow('api');
  assert.equal(refused.status, 1);
  assert.match(refused.complained, /CHANGELOG\.md has 0\.1\.0, whose tag is not in this clone: git fetch --tags/);
  assert.match(shallow('public_api').said, /^skipped public API: CHANGELOG\.md has 0\.1\.0/);
  repo.git('-C', repo.at('target/shallow'), 'fetch', '-q', '--depth', '1', 'origin', 'tag', 'v0.1.0');
  assert.equal(shallow('last_release').said, 'v0.1.0', 'what it comes after is not known there');
});

test('a release is compared with the one before it, and it is said that it has no tag yet', (t) => {
  const repo = repository(t).commit({ tag: 'v0.1.0' }).commit({ version: '0.1.1', changelog: '## 0.1.1\n\n## 0.1.0\n' });
  const { status, complained } = repo.run();
  assert.equal(status, 0);
  assert.match(complained, /CHANGELOG\.md has 0\.1\.1, whose tag is not in this clone: .* \(or git tag v0\.1\.1, if this is it\)/);
  assert.match(repo.run('public_api').said, /^- CHANGELOG\.md has 0\.1\.1, .*\nchecked public API since v0\.1\.0$/);
});
