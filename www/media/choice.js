// Which microphone and speaker an operator has chosen, kept by the browser: the app's page in the contact centre
// writes it, the page that has the seat reads it. Both are of one site under one portal, and so share what is kept.

import { operator } from './operator.js';

const NAME = 'b24-call-worker devices ';

/** @typedef {{ id: string, label: string }} Device */
/** @typedef {{ microphone?: Device, speaker?: Device }} Chosen */

/** @returns {Promise<Chosen>} */
export async function chosen() {
  if (!anybodys()) return {}; // nobody need be asked who it is
  return read(await operator().catch(() => undefined));
}

/** @param {Chosen} change */
export async function choose(change) {
  const whose = await operator();
  localStorage.setItem(NAME + whose, JSON.stringify({ ...read(whose), ...change }));
}

/** @param {() => void} changed another page of the operator's has chosen @returns {() => void} stops it */
export function heedChoice(changed) {
  const heed = ({ key }) => key?.startsWith(NAME) && changed();
  addEventListener('storage', heed);
  return () => removeEventListener('storage', heed);
}

function read(whose) {
  if (whose === undefined) return {}; // nobody knows whose choice it would be
  try {
    return JSON.parse(localStorage.getItem(NAME + whose)) ?? {};
  } catch {
    return {}; // kept by nobody we know
  }
}

function anybodys() {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(NAME));
  } catch {
    return false; // a browser that keeps nothing for this page
  }
}
