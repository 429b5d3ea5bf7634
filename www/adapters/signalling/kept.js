// A call whose hub is gone: all there is of it is what was kept. Its far end may still be talking, and the
// dialog can be replaced, or ended, from anywhere.

/** How many requests the old hub may have sent after it was kept. */
const SEQUENCES = 1000;

/**
 * What another hub must know to take a call up. A key to the call: for nobody else.
 *
 * @param {import('./call.js').Call} call one that is up
 * @param {(address: string) => string} said as the far end wrote it
 * @returns {import('../../softphone.js').CallSnapshot}
 */
export function snapshotOf({ id: callId, leg, media: { muted, held, remoteHeld } }, said) {
  const { incoming, number, displayName, dialog } = leg;
  const { local, remote, target, route } = dialog;
  return {
    callId, incoming, number, ...(displayName && { displayName }), muted, held, remoteHeld,
    leg: { ...dialog, local: said(local), remote: said(remote), target: said(target), route: route.map(said) },
  };
}

export class KeptLeg {
  on = {};
  gone = false;
  #kept;
  #bye;

  /**
   * @param {import('../../softphone.js').CallSnapshot} kept
   * @param {(dialog: object) => Promise<void>} bye
   */
  constructor(kept, bye) {
    this.#kept = kept;
    this.#bye = bye;
  }

  get incoming() {
    return this.#kept.incoming;
  }
  get callId() {
    return this.dialog.dialog.callId;
  }
  get number() {
    return this.#kept.number;
  }
  get displayName() {
    return this.#kept.displayName;
  }
  get dialog() {
    return this.#kept.leg;
  }

  async reinvite() {
    throw Object.assign(new Error('the dialog of this call is lost'), { status: 481 });
  }

  async end() {
    const { dialog, ...rest } = this.#kept.leg;
    await this.#bye({ ...rest, dialog: { ...dialog, sequence: dialog.sequence + SEQUENCES } });
    this.gone = true;
  }

  forget() {
    this.gone = true;
  }
}
