// Pages, browsers and servers killed under real calls: every cell of a table, and how long nobody was heard in it.
//
//     node tests/kills/main.mjs [--repeat N] [--adapter jssip|sipjs] [--only TEXT]
//
// --only: cells whose name has this in it, `loopback, closed, talking`.

import { parseArgs } from 'node:util';

import { Operator } from '../support/operator.mjs';
import { OTHER_DEATHS, PAGE_DEATHS, STAGES, tell } from './cell.mjs';
import { startLoopback, startSip } from '../support/customers.mjs';

const { values: options } = parseArgs({
  options: { repeat: { type: 'string', default: '1' }, adapter: { type: 'string', default: 'jssip' }, only: { type: 'string', default: '' } },
});

/** What is told, in order: a death is not asked for where there is nothing that could die. */
function cells(network) {
  const both = [true, false];
  const all = [
    ...PAGE_DEATHS.flatMap((death) => STAGES.flatMap((stage) => both.map((another) => ({ death, stage, another })))),
    ...OTHER_DEATHS.flatMap((death) => STAGES.map((stage) => ({ death, stage, another: death === 'hub killed' }))),
  ];
  return all
    .filter(({ death }) => network.inHub || death !== 'SIP server restarted')
    .map((cell) => ({ ...cell, network, name: `${network.name}, ${cell.death}, ${cell.another ? 'another tab' : 'only tab'}, ${cell.stage}` }))
    .filter(({ name }) => name.includes(options.only));
}

/** All cells of one network, one after the other, in one browser for as long as it does well. */
async function live(network, rounds, results) {
  let operator;
  for (let round = 1; round <= rounds; round++) {
    for (const cell of cells(network)) {
      const started = Date.now();
      let result;
      try {
        operator ??= await Operator.start(network.stack, { flags: network.flags });
        result = await tell({ ...cell, operator });
        for (const tab of [...operator.tabs]) await tab.close();
        for (const page of operator.context.pages().slice(1)) await page.close(); // a browser without any ends
      } catch (error) {
        result = { failed: `${error.message}\n${network.stack.logs(12)}` };
        await operator?.close().catch(() => {});
        operator = undefined;
        await network.clear().catch(() => {});
      }
      results.push({ ...cell, ...result });
      const words = result.failed ? `FAILED: ${result.failed}` : result.ended ? `ended ${result.ended}` : `${result.silence} ms of silence`;
      console.log(`${result.failed ? '✗' : '✓'} ${cell.name}: ${words} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    }
  }
  await operator?.close();
}

/** The worst of each cell. */
function table(network, results) {
  const own = results.filter((it) => it.network === network);
  const rows = new Map(own.map(({ death, another }) => [`${death}${PAGE_DEATHS.includes(death) ? (another ? ', another tab' : ', only tab') : ''}`, { death, another }]));
  const shown = ({ death, another }, stage) => {
    const cell = own.filter((it) => it.death === death && it.another === another && it.stage === stage);
    if (cell.length === 0) return '';
    if (cell.some(({ failed }) => failed)) return 'FAILED';
    const silences = cell.map(({ silence }) => silence).filter((ms) => ms !== undefined);
    return silences.length > 0 ? `${Math.max(...silences)} ms` : 'ended';
  };
  const lines = [
    [network.name, ...STAGES],
    ['---', ...STAGES.map(() => '--:')],
    ...[...rows].map(([name, row]) => [name, ...STAGES.map((stage) => shown(row, stage))]),
  ];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Prints what was found; says whether all is well. */
function report(networks, results) {
  for (const network of networks) console.log(`\n${table(network, results)}`);
  for (const network of networks) {
    const heard = results.filter((it) => it.network === network && it.another && PAGE_DEATHS.includes(it.death) && it.silence !== undefined);
    const silences = heard.map(({ silence }) => silence);
    if (heard.length > 0) console.log(`\n${network.name}, another tab open: a median silence of ${median(silences)} ms (n = ${heard.length})`);
  }
  const failed = results.filter((it) => it.failed).length;
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  return failed === 0 && results.length > 0;
}

const networks = [];
const results = [];
// Who has waited long enough sees what was found so far.
process.once('SIGTERM', () => {
  report(networks, results);
  process.exit(1);
});
try {
  for (const start of [() => startSip(options.adapter), startLoopback]) networks.push(await start());
  await Promise.all(networks.map((network) => live(network, Number(options.repeat), results)));
} finally {
  await Promise.all(networks.map((network) => network.stop()));
}
process.exit(report(networks, results) ? 0 : 1);
