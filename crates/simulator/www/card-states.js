// What each state of the card has: its buttons, its timer, and whether Esc closes the card.
// `timer`: 'starts', 'stops' or 'keeps'. `esc`: true, false, or null for "as it was before".

const state = (listed, buttons, timer, esc) => ({ listed, buttons, timer, esc });

export const STATES = {
  incoming: state(true, ['answer', 'skip'], 'stops', false),
  transferIncoming: state(true, ['answer', 'skip'], 'stops', false),
  outgoing: state(true, ['makeCall'], 'stops', true),
  connectingIncoming: state(true, ['hangup'], 'stops', false),
  connectingOutgoing: state(true, ['hangup'], 'stops', false),
  connected: state(true, ['hold', 'mute', 'quality', 'fold', 'transfer', 'dialpad', 'hangup'], 'starts', false),
  transferring: state(true, ['completeTransfer', 'cancelTransfer'], 'keeps', false),
  transferFailed: state(true, ['cancelTransfer'], 'keeps', null),
  transferConnected: state(true, ['hangup'], 'keeps', null),
  error: state(true, ['close'], 'stops', true),
  moneyError: state(true, ['notifyAdmin', 'close'], 'stops', true),
  redial: state(true, ['makeCall'], 'stops', true),
  idle: state(false, ['makeCall'], 'stops', null),
  sipPhoneError: state(false, ['close'], 'stops', null),
  externalCard: state(false, ['close', 'fold'], 'keeps', null),
};

/** The twelve that `CallCardGetListUiStates` names, in its order. */
export const LISTED = Object.keys(STATES).filter((name) => STATES[name].listed);

/** What a folded card still draws of them. */
export const FOLDED_BUTTONS = ['hangup', 'close'];

/** Own keys only: `toString` is no state. */
export const isState = (name) => typeof name === 'string' && Object.hasOwn(STATES, name);

/** The words a state's button has, where they differ from its name. */
export const LABELS = {
  answer: 'Answer', skip: 'Skip', hangup: 'Hang up', hold: 'Hold', mute: 'Mute', quality: 'Quality',
  fold: 'Fold', unfold: 'Unfold', transfer: 'Transfer', dialpad: 'Keypad', makeCall: 'Call', close: 'Close',
  completeTransfer: 'Complete', cancelTransfer: 'Return', notifyAdmin: 'Notify administrator', comment: 'Comment', next: 'Next',
};
