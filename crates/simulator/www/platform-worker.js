// The portal's side of PAGE_BACKGROUND_WORKER: the nine commands, and which events exist.

import { LISTED, isState } from './card-states.js';
import { log } from './log.js';

/** In the order in which `getInterface` names them. */
export const EVENTS = [
  'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick',
  'transferButtonClick', 'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick',
  'nextButtonClick', 'skipButtonClick', 'answerButtonClick', 'entityChanged', 'qualityMeterClick',
  'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
].map((name) => `BackgroundCallCard::${name}`);

const failure = (errorCode) => ({ result: 'error', errorCode });
/** As a page writes what is no text: null as nothing, and what is missing as the word. */
const written = (value) => (value === null ? '' : String(value));
const UNDEFINED_CARD = 'Call card is undefined';

/** In a browser: commands act on the page's one card. */
export class BrowserWorker {
  /** The page's card; undefined without one. One pointer for all apps on the page. */
  card = undefined;
  /** Whether any app ever sent any command on this page. */
  used = false;

  /** The commands in the order in which `getInterface` names them. */
  commands() {
    return new Map([
      ['CallCardSetMute', this.#onCard((card, { muted }, answer) => {
        card.setMuted(muted);
        answer([]);
      })],
      ['CallCardSetHold', this.#onCard((card, { held }, answer) => {
        card.setHeld(held);
        answer([]);
      })],
      ['CallCardSetUiState', this.#onCard((card, params, answer) => this.#setUiState(card, params, answer))],
      ['CallCardGetListUiStates', (params, answer) => {
        this.used = true;
        answer(LISTED);
      }],
      ['CallCardSetCardTitle', this.#onCard((card, { title }, answer) => {
        card.setTitle(written(title));
        answer([]);
      })],
      ['CallCardSetStatusText', this.#onCard((card, { statusText }, answer) => {
        card.setStatusText(written(statusText));
        answer([]);
      })],
      ['CallCardClose', this.#onCard((card, params, answer) => {
        card.close();
        answer([]);
      })],
      // The two that say nothing when they succeed.
      ['CallCardStartTimer', this.#onCard((card) => {
        card.showTimer();
        card.startTimer();
      })],
      ['CallCardStopTimer', this.#onCard((card) => card.stopTimer())],
    ]);
  }

  #onCard(command) {
    return (params, answer) => {
      this.used = true;
      if (!this.card?.external) {
        answer([failure(UNDEFINED_CARD)]);
        return;
      }
      command(this.card, params, answer);
    };
  }

  #setUiState(card, { uiState, disableAutoStartTimer }, answer) {
    if (!isState(uiState)) {
      answer([failure('Invalid ui state')]);
      return;
    }
    card.setUiState(uiState);
    if (uiState === 'connected') {
      // `showTimer` throws while the card has no CRM part: then nobody hears of the success.
      if (disableAutoStartTimer) card.stopAndHideTimer();
      else card.showTimer();
    } else if (!card.timer.running) {
      card.hideTimer();
    }
    answer([]);
  }
}

/**
 * In the desktop client: commands are handed on to another window, of which the sources we
 * know show no receiving side. They answer in their own way and touch no card here.
 */
export class DesktopWorker {
  used = false;
  /** Undefined before the first card, null after a close: only null counts as "no card". */
  #card = undefined;

  get card() {
    return this.#card;
  }

  set card(card) {
    if (card) this.#card = card;
  }

  commands() {
    return new Map([
      ['CallCardGetListUiStates', (params, answer) => {
        this.used = true;
        answer(LISTED);
      }],
      ['CallCardSetMute', this.#command('SetMute', (params, answer) => {
        if (params.muted !== undefined) return true;
        answer(failure('missing field muted'));
        return false;
      })],
      ['CallCardSetHold', this.#command('SetHold', (params, answer) => {
        // A return is missing in the portal: the refusal is followed by a success.
        if (params.held === undefined) answer([failure('missing field held')]);
        return true;
      })],
      ['CallCardSetUiState', this.#command('SetUiState', (params, answer) => {
        if (isState(params.uiState)) return true;
        answer([failure('Invalid ui state')]);
        return false;
      })],
      ['CallCardSetCardTitle', this.#command('SetCardTitle', missing('title'))],
      ['CallCardSetStatusText', this.#command('SetStatusText', missing('statusText'))],
      ['CallCardClose', this.#command('Close', () => {
        this.#card = null;
        return true;
      })],
      ['CallCardStartTimer', this.#command('StartTimer', () => true)],
      ['CallCardStopTimer', this.#command('StopTimer', () => true)],
    ]);
  }

  #command(name, check) {
    return (params, answer) => {
      this.used = true;
      if (this.#card === null) {
        answer([failure(UNDEFINED_CARD)]);
        return;
      }
      if (!check(params, answer)) return;
      log('note', 'broadcast', `${name} to the call window of the desktop client`);
      answer([]);
    };
  }
}

const missing = (field) => (params, answer) => {
  if (params[field] !== undefined) return true;
  answer([failure(`missing field ${field}`)]);
  return false;
};
