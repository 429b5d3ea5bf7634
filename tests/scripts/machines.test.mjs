// Which tool the scripts choose on whose machine, and what they say where there is none.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { DEBIAN, FEDORA, having, MAC, machine, NOTHING, UBUNTU } from './machine.mjs';

const INSTALL = 'apt-get -y -q install --no-install-recommends';
const FIND = `import(${JSON.stringify(new URL('../../contract/chromium.js', import.meta.url))})
  .then(({ findChromium }) => console.log(findChromium()), (error) => console.log(error.message))
  .catch((error) => console.log(error.message))`;
const refused = (result, pattern) => {
  assert.equal(result.status, 1, result.complained);
  assert.match(result.complained, pattern);
};

test('whose names hold', (t) => {
  const kinds = { debian: 'debian', ubuntu: 'ubuntu', mint: 'ubuntu', fedora: 'fedora', rocky: 'fedora', none: 'other' };
  for (const [release, kind] of Object.entries(kinds)) assert.equal(machine(t, { release }).run('system_kind').said, kind, release);
  assert.equal(machine(t, having({}, { ...MAC, release: 'debian' })).run('system_kind').said, 'macos');
});

test('a Mac is told of Homebrew, and nothing is installed', (t) => {
  const mac = machine(t, MAC);
  refused(mac.run('need_shellcheck'), /'brew install shellcheck'/);
  refused(mac.run('need_chromium'), /'brew install --cask google-chrome'/);
  refused(mac.run('need_firefox'), /'brew install --cask firefox'/);
  refused(mac.run('need_node'), /'brew install node'/);
  refused(mac.run('need_rust'), /https:\/\/rustup\.rs/);
  refused(mac.run('missing cc'), /xcode-select --install/);
  refused(mac.run('missing gateways'), /on Debian or Ubuntu/);
  assert.deepEqual(mac.calls('brew'), []);
});

test("a Mac's browsers are applications", (t) => {
  const mac = machine(t, MAC);
  const result = mac.run(`
    for app in 'Google Chrome' Firefox; do mkdir -p "$APPLICATIONS/$app.app/Contents/MacOS"; done
    cp "$(command -v uname)" "$APPLICATIONS/Google Chrome.app/Contents/MacOS/Google Chrome"
    cp "$(command -v uname)" "$APPLICATIONS/Firefox.app/Contents/MacOS/firefox"
    need_chromium; need_firefox`);
  assert.equal(result.status, 0, result.complained);
});

test("a Mac's compiler without the target is not taken for Debian's", (t) => {
  const mac = machine(t, having({ rustc: 'exit 1', cargo: '' }, MAC));
  refused(mac.run('need_wasm_target'), /'rustup target add wasm32-unknown-unknown'/);
});

test('Fedora is told of dnf, with its own names', (t) => {
  const fedora = machine(t, having({ rustc: 'exit 1', cargo: 'exit 1', 'apt-get': '' }, FEDORA));
  refused(fedora.run('need_shellcheck'), /'sudo dnf install ShellCheck'/);
  refused(fedora.run('need_chromium'), /'sudo dnf install chromium chromedriver'/);
  refused(fedora.run('need_component clippy'), /'sudo dnf install clippy'/);
  // Its compiler's sources lie where Debian's do, and are not laid out like them.
  const sources = 'mkdir -p "$DEBIAN_LIB/src/rust/library/std"; : >"$DEBIAN_LIB/src/rust/library/std/Cargo.toml"';
  refused(fedora.run(`${sources}; need_wasm_target`), /'sudo dnf install rust-std-static-wasm32-unknown-unknown lld'/);
  refused(fedora.run('missing postgres'), /'sudo dnf install postgresql-server'/);
  assert.deepEqual([...fedora.calls('dnf'), ...fedora.calls('apt-get')], []);
});

test('Fedora has the target without rustup', (t) => {
  const fedora = machine(t, having({ rustc: 'echo "$LIB"' }, FEDORA));
  const result = fedora.run(`export LIB=${fedora.at('lib')}; mkdir "$LIB"; : >"$LIB/libcore-1.rlib"; need_wasm_target; echo "[$WASM_FIRST]"`);
  assert.equal(result.said, '[]', result.complained);
});

for (const [what, programs] of Object.entries({
  'in the folder of snaps': { 'snap/bin/chromium': '' },
  'behind the script of a package': { 'chromium-browser': 'exec /snap/bin/chromium "$@"' },
})) {
  test(`Ubuntu's Chromium is a snap, ${what}`, (t) => {
    const ubuntu = machine(t, having(programs, UBUNTU));
    refused(ubuntu.run('need_chromium'), /Google Chrome's own package, or set CHROME .* snap/);
    assert.deepEqual(ubuntu.calls('apt-get'), [], 'its package would bring the snap');
    assert.equal(ubuntu.run('CHROME=/snap/bin/chromium; need_chromium').status, 0, 'who names one gets it');
  });
}

test('scripts and tests take Chrome where Chromium is a snap', (t) => {
  const ubuntu = machine(t, having({ 'snap/bin/chromium': '', 'google-chrome': '' }, UBUNTU));
  assert.equal(ubuntu.run('need_chromium; outside_snaps chromium google-chrome').said, ubuntu.at('bin/google-chrome'));
  const { stdout } = spawnSync(process.execPath, ['-e', FIND], { env: ubuntu.env, encoding: 'utf8' });
  assert.equal(stdout.trim(), ubuntu.at('bin/google-chrome'));
});

test('the tests, too, take no snap', { skip: process.platform === 'darwin' && 'its applications are not on the PATH' }, (t) => {
  const ubuntu = machine(t, having({ 'snap/bin/chromium': '', 'chromium-browser': 'exec /snap/bin/chromium "$@"' }, UBUNTU));
  const { stdout } = spawnSync(process.execPath, ['-e', FIND], { env: ubuntu.env, encoding: 'utf8' });
  assert.match(stdout, /no Chromium found.*not as a snap/);
});

test('Ubuntu gets by apt what it has, and Rust from rustup', (t) => {
  const ubuntu = machine(t, UBUNTU);
  assert.equal(ubuntu.run('need_shellcheck; provide gateways').status, 0);
  assert.deepEqual(ubuntu.calls('apt-get').filter((call) => call.includes('install')), [
    `${INSTALL} shellcheck`,
    `${INSTALL} rtpengine-daemon coturn baresip-core`,
  ]);
  refused(ubuntu.run('need_rust'), /https:\/\/rustup\.rs/);
  refused(ubuntu.run('need_firefox'), /Mozilla's own package/);
});

test('Debian installs by itself, as root and by sudo', (t) => {
  const root = machine(t, DEBIAN);
  assert.equal(root.run('need_chromium; need_firefox').status, 0);
  assert.deepEqual(root.calls('apt-get'), [
    'apt-get -y -q update',
    `${INSTALL} chromium chromium-driver`,
    `${INSTALL} firefox-esr`,
  ]);
  const user = machine(t, having({ id: 'echo 1000', sudo: '[ "$1" != -n ] || shift; exec "$@"' }, DEBIAN));
  assert.equal(user.run('need_shellcheck').status, 0);
  assert.match(user.calls('sudo').at(-1), /install --no-install-recommends shellcheck$/);
});

test('Debian without sudo is told what to install', (t) => {
  refused(machine(t, having({ id: 'echo 1000' }, DEBIAN)).run('need_shellcheck'), /'sudo apt-get install shellcheck'/);
});

test("Debian's linker is found on arm64", (t) => {
  const rustc = `[ "$1" = --print ] || printf 'host: aarch64-unknown-linux-gnu\\nLLVM version: 99.1\\n'`;
  const arm = machine(t, having({ rustc }, DEBIAN));
  assert.equal(arm.run('debian_linker; [ -L "$DEBIAN_LIB/aarch64-unknown-linux-gnu/bin/rust-lld" ]').status, 0);
  assert.equal(arm.calls('apt-get').at(-1), `${INSTALL} lld-99`);
});

test('geckodriver is built for whatever processor this is', (t) => {
  const install = 'while [ "$1" != --root ]; do shift; done; mkdir -p "$2/bin"; : >"$2/bin/geckodriver"; chmod +x "$2/bin/geckodriver"';
  const arm = machine(t, having({ 'firefox-esr': '', cargo: install, cc: '', rustc: 'echo rustc 1.99.0' }, DEBIAN));
  const result = arm.run('need_geckodriver; echo "$GECKODRIVER_PATH"');
  assert.match(result.said, /geckodriver-[\d.]+\/bin\/geckodriver$/, result.complained);
  assert.match(arm.calls('cargo').at(-1), /install --debug --root \S+ geckodriver/);
});

test('rustup adds what its compiler lacks, within its time', (t) => {
  const rustup = having({ rustup: '', cargo: 'exit 1' }, MAC);
  const mac = machine(t, rustup);
  assert.equal(mac.run('need_component fmt').status, 0);
  assert.deepEqual(mac.calls('rustup'), ['rustup component add rustfmt']);
  const late = machine(t, NOTHING).run('SECONDS=0; within 1 sleep 60 || echo "ended: $((SECONDS < 30))"; within 9 true; within 9 false || echo failed');
  assert.equal(late.said, 'ended: 1\nfailed', late.complained);
});

test('a machine with nothing is told where things are', (t) => {
  const bare = machine(t, NOTHING);
  for (const [need, cure] of Object.entries({
    need_rust: /cargo is missing: .*https:\/\/rustup\.rs/,
    need_node: /https:\/\/nodejs\.org/,
    need_shellcheck: /https:\/\/www\.shellcheck\.net/,
    need_chromium: /chromium is missing: .*set CHROME/,
    need_firefox: /set FIREFOX/,
    'missing chromedriver': /set CHROMEDRIVER/,
    'missing kamailio': /on Debian or Ubuntu/,
  })) refused(bare.run(need), cure);
  assert.equal(bare.run('want_headless_shell').status, 0, 'what is only wanted may lack');
});

test('versions are compared number by number', (t) => {
  const { said } = machine(t, NOTHING).run(`
    for pair in '1.90.0 1.90' '1.100.0 1.90' '20.1 20' '2.0 1.90' '1.9 1.90' '1.89.9 1.90' '18.20 20'; do
      at_least $pair && echo yes || echo no
    done`);
  assert.equal(said.split('\n').join(' '), 'yes yes yes yes no no no');
});

test('the counts of coloured output are read, and a folder of tests is listed', (t) => {
  const { said, complained } = machine(t, NOTHING).run(`
    printf '\\033[32mℹ pass 3\\033[0m\\nℹ fail 1\\n' | count_tests
    files=(); add_files "$ROOT/tests/scripts"; echo "\${files[0]##*/} $(basename "\${files[1]}")"`);
  assert.equal(said, '3 1\napi.test.mjs bash-3.test.mjs', complained);
});
