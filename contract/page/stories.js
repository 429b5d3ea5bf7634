// Tells the stories, in the page.

import { stories } from '../stories.js';
import { tell } from '../tell.js';
import { open } from './bench.js';

/** @param {string} name @param what as `open` takes it, and `patienceMs` */
export async function tellStory(name, { patienceMs, ...what }) {
  const { error, ...told } = await tell(stories.find((it) => it.name === name), () => open(what), { patienceMs });
  return told;
}

/** Those that are wanted, one after the other; ends with the first where the others need it. */
export async function tellStories({ names, ...settings }, said) {
  for (const name of names) {
    const told = await tellStory(name, settings);
    await said(told);
    if (told.outcome === 'failed' && name === stories[0].name) break;
  }
  await said({ outcome: 'done' });
}
