// Which microphone and speaker the operator wants, of those this browser knows.

import { choose, chosen } from '../media/choice.js';
import { find } from '../media/devices.js';
import { problem } from '../adapters/lib/problem.js';

const KINDS = { microphone: 'audioinput', speaker: 'audiooutput' };

/**
 * @param {{ microphone: HTMLSelectElement, speaker: HTMLSelectElement }} selects
 * @param {{ systems: string, told(error?: Error): void, noted(why: Error): void }} page `systems`: what the system's own choice
 *   is called; `told` what became of a choice, `noted` what can't be chosen here
 * @returns {Promise<{ look(): Promise<void> }>} `look` again, when more may be known of the devices
 */
export async function devices(selects, { systems, told, noted }) {
  const look = async () => {
    const [all, choice] = await Promise.all([navigator.mediaDevices?.enumerateDevices() ?? [], chosen()]);
    for (const [name, kind] of Object.entries(KINDS)) fill(selects[name], all.filter((it) => it.kind === kind && it.label && !isAlias(it)), choice[name], systems);
    selects.speaker.disabled = !speakerMay();
  };
  for (const [name, select] of Object.entries(selects)) {
    select.onchange = async () => {
      const { value: id, selectedOptions: [{ textContent: label }] } = select;
      try {
        await choose({ [name]: id ? { id, label } : undefined });
        told(name === 'speaker' && id ? whyNot() : undefined);
      } catch (error) {
        told(error);
      }
    };
  }
  navigator.mediaDevices?.addEventListener('devicechange', look);
  await look();
  if (!speakerMay()) noted(whyNot());
  return { look };
}

/** Chromium lists the system's own choice once more, under these ids. */
const isAlias = ({ deviceId }) => ['', 'default', 'communications'].includes(deviceId);

const speakerMay = () => 'setSinkId' in HTMLMediaElement.prototype && (document.featurePolicy?.allowsFeature('speaker-selection') ?? true);

function whyNot() {
  if (speakerMay()) return undefined;
  if (!('setSinkId' in HTMLMediaElement.prototype)) return problem('SPEAKER_FIXED', 'this browser lets no page choose a speaker: choose it in the system');
  return problem('SPEAKER_REFUSED', 'the portal does not let this app choose a speaker (allow="speaker-selection"): choose it in the system');
}

function fill(select, list, choice, systems) {
  const option = (value, label) => Object.assign(document.createElement('option'), { value, textContent: label });
  select.replaceChildren(option('', systems), ...list.map(({ deviceId, label }) => option(deviceId, label)));
  const found = choice && find(list, list[0]?.kind, choice);
  // One that is unplugged stays chosen: it comes back.
  if (choice && !found) select.append(option(choice.id, choice.label));
  select.value = found?.deviceId ?? choice?.id ?? '';
}
