// Takes pictures of what people see.
//
//     node scripts/screenshot.mjs [NAME…] [--out DIR]
//
// NAME: card-ringing, card-states, two-tabs, connection, diagnostics, which documents show and docs/images keeps; docs-front,
// docs-concepts, docs-error, of the documentation's site after ./build.sh docs --build, to be looked at in target/screenshots.
// Without a name all of them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { launchChromium } from '../tests/support/browser.mjs';
import { ROOT } from '../tests/support/servers.mjs';
import { ringing, states, twoTabs } from './pictures/card.mjs';
import { isBuilt, sitePage } from './pictures/docs.mjs';
import { connection, diagnostics } from './pictures/pages.mjs';

/** Documents are loaded over slow lines, too. */
const LIMIT = 300_000;
const OF_DOCUMENTS = { 'card-ringing': ringing, 'card-states': states, 'two-tabs': twoTabs, connection, diagnostics };
const OF_SITE = {
  'docs-front': sitePage('/'), 'docs-concepts': sitePage('/concepts.html#a-call'), 'docs-error': sitePage('/errors/MICROPHONE_DENIED.html'),
};
const ALL = { ...OF_DOCUMENTS, ...OF_SITE };

const { values: { out }, positionals } = parseArgs({ options: { out: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !Object.hasOwn(ALL, name));
if (unknown) throw new Error(`there is no picture ${unknown}, but ${Object.keys(ALL).join(', ')}`);
const names = positionals.length ? positionals : Object.keys(isBuilt() ? ALL : OF_DOCUMENTS);
if (!positionals.length && !isBuilt()) console.log('without those of the site, which is not built');

// No name leads out of this machine.
const FLAGS = ['--use-fake-device-for-media-stream', '--host-resolver-rules=MAP *.example.com 127.0.0.1:9'];
const { browser, close } = await launchChromium({ flags: FLAGS });
try {
  for (const name of names) {
    const folder = out ?? join(ROOT, name in OF_SITE ? 'target/screenshots' : 'docs/images');
    const file = join(folder, `${name}.png`);
    const png = await ALL[name](browser);
    if (name in OF_DOCUMENTS && png.length > LIMIT) throw new Error(`${file} would have ${png.length} bytes, more than ${LIMIT}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, png);
    console.log(`${file}: ${Math.round(png.length / 1000)} kB`);
  }
} finally {
  await close();
}
process.exit(); // the site's server has no end of its own
