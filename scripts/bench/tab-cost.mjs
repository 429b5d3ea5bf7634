// What one tab more costs an operator: the memory and the processor time of all the browser's pages, with one tab and with more.

import { readFileSync } from 'node:fs';

import { Operator } from '../../tests/support/operator.mjs';

/**
 * Of each further tab: `memory` in kilobytes while nothing happens, `cpu` in milliseconds for a minute of that; `all` is what
 * all of them have, in the same way.
 *
 * @param {{ simulator: object, host: { url: string } }} stack
 * @param {{ loaded: (tab: object) => Promise<unknown>, more: number, quietMs: number, then?: (operator: Operator) => Promise<void> }} how
 *   `then` is told while all tabs are open
 */
export async function tabCost(stack, { loaded, more, quietMs, then = async () => {} }) {
  const operator = await Operator.start(stack);
  try {
    await loaded(await operator.tab('/'));
    const one = await quiet(operator, quietMs);
    for (let opened = 0; opened < more; opened++) await loaded(await operator.tab('/'));
    const all = await quiet(operator, quietMs);
    await then(operator);
    return { memory: (all.memory - one.memory) / more, cpu: Math.max(0, all.cpu - one.cpu) / more, all };
  } finally {
    await operator.close();
  }
}

async function quiet(operator, ms) {
  await pause(ms / 3); // what loading left to do
  const before = await processes(operator);
  await pause(ms);
  const after = await processes(operator);
  const sum = (all, what) => all.reduce((total, it) => total + it[what], 0);
  return { memory: sum(after, 'memory'), cpu: ((sum(after, 'cpu') - sum(before, 'cpu')) * 60_000) / ms };
}

async function processes(operator) {
  const { processInfo } = await operator.devtools.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.map(({ id, cpuTime }) => ({ cpu: cpuTime * 1000, memory: proportional(id) }));
}

/** Kilobytes of a process, of what it shares with others its part only. */
function proportional(id) {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))[1]);
  } catch (error) {
    if (error.code === 'ENOENT') return 0; // it has just ended
    throw error;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
