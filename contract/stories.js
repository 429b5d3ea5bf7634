// What every softphone owes the worker (`softphone.d.ts`), as stories. Each is told with a softphone of its own; `needs`
// names what it can't be told without, and at its end holds what holds of all (`Phone.endsClean`).

import { calls } from './stories/calls.js';
import { ends } from './stories/ends.js';
import { leaving } from './stories/leaving.js';
import { several } from './stories/several.js';
import { sound } from './stories/sound.js';

/** Without the first the others can't be told. */
export const stories = [...calls, ...sound, ...several, ...ends, ...leaving].map(([name, ...rest]) => {
  const [needs, tell] = rest.length > 1 ? rest : [[], ...rest];
  return { name, needs, tell };
});
