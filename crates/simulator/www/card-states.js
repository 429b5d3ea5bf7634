// What each state of the card has: its buttons, its timer, whether Esc closes the card, and which of its
// parts it shows.
// `timer`: 'starts', 'stops' or 'keeps'. `esc`: true, false, or null for "as it was before".
// `parts`: 'text' shows the status text and hides the timer, 'both' shows both, null leaves them as they are.

const state = (listed, buttons, timer, esc, parts) => ({ listed, buttons, timer, esc, parts });

/** After a call the portal offers what fits its direction; after a callback nothing. */
const IDLE = { incoming: ['close'], outgoing: ['makeCall', 'close'], callback: [] };

export const STATES = {
  incoming: state(true, ['answer', 'skip'], 'stops', false, 'text'),
  transferIncoming: state(true, ['answer', 'skip'], 'stops', false, 'text'),
  outgoing: state(true, ['makeCall'], 'stops', true, 'text'),
  connectingIncoming: state(true, ['hangup'], 'stops', false, 'text'),
  connectingOutgoing: state(true, ['hangup'], 'stops', false, 'text'),
  connected: state(true, ['hold', 'mute', 'quality', 'fold', 'transfer', 'dialpad', 'hangup'], 'starts', false, 'both'),
  transferring: state(true, ['completeTransfer', 'cancelTransfer'], 'keeps', false, 'both'),
  transferFailed: state(true, ['cancelTransfer'], 'keeps', null, null),
  transferConnected: state(true, ['hangup'], 'keeps', null, null),
  error: state(true, ['close'], 'stops', true, null),
  moneyError: state(true, ['notifyAdmin', 'close'], 'stops', true, null),
  redial: state(true, ['makeCall'], 'stops', true, null),
  idle: state(false, IDLE, 'stops', true, 'text'),
  sipPhoneError: state(false, ['sipPhone', 'close'], 'stops', true, null),
  externalCard: state(false, ['close', 'fold'], 'keeps', null, null),
};

const NO_STATE = state(false, [], 'keeps', null, null);

/** The twelve that `CallCardGetListUiStates` names, in its order. */
export const LISTED = Object.keys(STATES).filter((name) => STATES[name].listed);

/** What a folded card still draws of a state's buttons. */
export const FOLDED_BUTTONS = ['hangup', 'close'];

/**
 * What the portal takes for a state: whatever it finds under that name, `toString` and `constructor`
 * of every object included.
 */
export const isState = (name) => Boolean(STATES[name]);

/** What a state has; one of every object's names has nothing. */
export const stateOf = (name) => (Object.hasOwn(STATES, name) ? STATES[name] : NO_STATE);

/** The buttons of a state on a card of a direction. */
export const buttonsOf = (name, direction) => {
  const { buttons } = stateOf(name);
  return Array.isArray(buttons) ? buttons : buttons[direction];
};

/** The words a state's button has, where they differ from its name. */
export const LABELS = {
  answer: 'Answer', skip: 'Skip', hangup: 'Hang up', hold: 'Hold', mute: 'Mute', quality: 'Quality',
  fold: 'Fold', unfold: 'Unfold', transfer: 'Transfer', dialpad: 'Keypad', makeCall: 'Call', close: 'Close',
  completeTransfer: 'Complete', cancelTransfer: 'Return', notifyAdmin: 'Notify administrator', comment: 'Comment', next: 'Next',
  sipPhone: 'Desk phone',
};
