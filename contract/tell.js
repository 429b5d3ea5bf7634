// Tells one story with a softphone of its own.

import { Skipped } from './expect.js';
import { Phone } from './phone.js';

/**
 * @param {{ name: string, needs?: string[], tell(phone: Phone): Promise<void> }} story
 * @param {() => Promise<object>} open gives a bench, see `phone.js`
 * @param {{ patienceMs?: number }} [options]
 * @returns {Promise<{ name: string, outcome: 'passed' | 'failed' | 'skipped', why?: string, told?: object[], reported?: object[], error?: unknown }>}
 */
export async function tell(story, open, options) {
  const { name } = story;
  let bench;
  try {
    bench = await open();
    for (const need of story.needs ?? []) await needs(bench, need);
    const phone = new Phone(bench, { ...options, hears: await bench.has('peerConnection') });
    await phone.told('registered');
    await story.tell(phone);
    await phone.endsClean();
    return { name, outcome: 'passed' };
  } catch (error) {
    if (error instanceof Skipped) return { name, outcome: 'skipped', why: error.message };
    const told = await bench?.events().catch(() => undefined);
    const reported = await bench?.reports?.();
    return { name, outcome: 'failed', why: String(error?.message ?? error), told, reported, error };
  } finally {
    await bench?.close();
  }
}

const OWNERS = { farEnd: 'the far end', bench: 'the bench', softphone: 'the softphone' };

/** @param {string} need `softphone.stop`, `farEnd.digits`, `bench.refuseMicrophone` */
async function needs(bench, need) {
  const [owner, method] = need.split('.');
  const has = owner === 'softphone' ? await bench.has(method) : typeof (owner === 'farEnd' ? bench.farEnd : bench)[method] === 'function';
  if (!has) throw new Skipped(`${OWNERS[owner]} has no ${method}()`);
}
