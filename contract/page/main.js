// Tells what the runner wants told, and says to it what came of each.

import { tellStories } from './stories.js';

const said = (told) => fetch('/said', { method: 'POST', body: JSON.stringify(told) });
try {
  await tellStories(await (await fetch('/settings.json')).json(), said);
} catch (error) {
  await said({ outcome: 'broken', why: error.message });
}
