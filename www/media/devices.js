// Which microphone is the one to speak into: the operator's choice where it is plugged in, else the one the system
// takes, also when that becomes another one.

/** What of a list of devices is heard by, with what the system would take first. */
function inputs(devices) {
  const all = devices.filter(({ kind }) => kind === 'audioinput');
  // Chromium lists the system's choice twice, and once as `default`; others list it first.
  return { all, system: all.find(({ deviceId }) => deviceId === 'default') ?? all[0] };
}

const sameAs = ({ id, label }) => ({ deviceId, label: its }) => deviceId === id || (!!label && its === label);

/** Ids change when a browser forgets what it kept for a page; a name stays. */
export const find = (devices, kind, wanted) => devices.find((one) => one.kind === kind && one.deviceId === wanted.id) ?? devices.find((one) => one.kind === kind && sameAs(wanted)(one));

/** @param {MediaDeviceInfo[]} devices @returns {string} what tells the system's microphone from another; nothing where nothing may be known */
export function systemMicrophone(devices) {
  const { system } = inputs(devices);
  return system ? system.groupId || system.label : '';
}

/**
 * Whether another microphone is to be taken, now that devices have come or gone.
 *
 * @param {MediaDeviceInfo[]} devices
 * @param {{ deviceId?: string, system?: string }} open the one that is spoken into, and the system's when it was opened
 * @param {{ id: string, label?: string }} [wanted] the operator's choice
 */
export function isAnother(devices, open, wanted) {
  const choice = wanted && find(devices, 'audioinput', wanted);
  if (choice) return choice.deviceId !== open.deviceId;
  const system = systemMicrophone(devices);
  return !!system && !!open.system && system !== open.system;
}
