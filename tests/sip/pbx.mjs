// Stories of what PBXs, carriers and telephones say, told by sipp to the letter: each as a real one said it.

import { callerStories } from './pbx/callers.mjs';
import { dialledStories } from './pbx/dialled.mjs';
import { handOverStories } from './pbx/hand-overs.mjs';
import { inCallStories } from './pbx/in-call.mjs';

export const pbx = [...callerStories, ...dialledStories, ...inCallStories, ...handOverStories];
