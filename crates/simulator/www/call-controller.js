// Decides when this page shows a card. Its construction is what publishes the placement's
// commands and events: before, the interface is empty and binds are lost.

import { CallCard } from './call-card.js';
import { BrowserWorker, DesktopWorker, EVENTS } from './platform-worker.js';
import { TabFlag } from './tab-flag.js';
import { log } from './log.js';
import { now } from './clock.js';
import { config, listen, world } from './server.js';

const SAVED = `bx${config.user}-s1-vox-folded-call-card`;
const SAVED_LIFE_MS = 15_000;

export class CallController {
  /** The page's card, or null. */
  card = null;

  constructor({ bus, placement, onChange }) {
    this.bus = bus;
    this.onChange = onChange;
    this.desktop = world.faults.desktop;
    this.worker = this.desktop ? new DesktopWorker() : new BrowserWorker();
    this.flag = new TabFlag();
    for (const [name, command] of this.worker.commands()) placement.commands.set(name, command);
    placement.events.push(...EVENTS);

    listen('push', ({ command, params }) => this.#pushed(command, params));
    listen('reset', () => {
      this.card?.close();
      this.flag.forget();
      localStorage.removeItem(SAVED);
    });
    // Whichever call the other tab's card was of.
    this.flag.onLowered(() => this.card?.autoClose());
    window.addEventListener('beforeunload', (event) => this.#ask(event));
    window.addEventListener('pagehide', () => this.#save());
    this.#restore();
  }

  #pushed(command, params) {
    if (command === 'showExternalCall') this.#show(params);
    if (command === 'hideExternalCall' && this.card?.params.callId === params.callId) this.card.autoClose();
    if (command === 'update_crm' && params.CRM?.FOUND && params.showCrmCard && this.card?.params.callId === params.callId) {
      this.card.identify(params);
    }
  }

  #show(params) {
    const why = this.card ? 'this page has a card'
      : world.faults.desktopRunning ? 'the desktop client shows it'
        : this.flag.isSet ? 'another tab shows a card, or did a moment ago' : null;
    if (why) {
      log('note', 'show ignored', `${params.callId}: ${why}`);
      return;
    }
    this.#build(params, Boolean(params.external));
    this.flag.raise();
  }

  #build(params, external, { folded = false } = {}) {
    const emits = external && !this.desktop;
    this.card = new CallCard(params, {
      external,
      folded,
      worker: this.worker,
      userId: config.user,
      emit: (name, payload) => {
        if (!emits) return;
        log('push', name, JSON.stringify(payload) ?? '(no payload)');
        this.bus.emit(`BackgroundCallCard::${name}`, payload);
      },
      onChange: this.onChange,
      // The card that is there goes, also when one asks that went before: whoever lingered is not called off.
      onClose: () => {
        this.card?.dispose();
        this.card = null;
        this.flag.lower();
        this.onChange();
      },
    });
    // All in one go: commands that the app sends on `initialized` come after this.
    this.card.setUiState('externalCard');
    this.card.show();
    this.onChange();
  }

  /** Somebody leaves the page: with a card on it the browser asks first, where they have clicked on it before. */
  #ask(event) {
    if (!this.card || this.card.leavesQuietly) return;
    log('note', 'leaving asks', this.card.params.callId);
    event.preventDefault();
    event.returnValue = 'A call is under way. Leave the page?';
  }

  /** A folded card that no app ever touched outlives a navigation of the page. */
  #save() {
    if (this.card?.folded && !this.worker.used) {
      localStorage.setItem(SAVED, JSON.stringify({ at: now(), params: this.card.params }));
    }
  }

  /** Such a card comes back to be seen, on every page that opens in time, but no longer as an app's: no commands, no events. */
  #restore() {
    const saved = JSON.parse(localStorage.getItem(SAVED) ?? 'null');
    if (!saved || now() - saved.at > SAVED_LIFE_MS) return;
    this.#build(saved.params, false, { folded: true });
  }
}
