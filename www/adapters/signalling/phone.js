// The softphone the worker drives, on top of any SIP library. What a library must bring is a Line
// and Legs (see `line.d.ts`); everything they have in common is here and in the modules beside it.
// All of it is signalling and needs no page: the calls are spoken where the seat is.

import { discreet, problem, stableCode } from '../lib/problem.js';
import { Border } from './border.js';
import { Call } from './call.js';
import { Farewells } from './farewells.js';
import { Heard } from './heard.js';
import { incomingEvent } from './incoming.js';
import { KeptLeg, snapshotOf } from './kept.js';
import { refusedLocally } from './local-network.js';
import { Outgoing } from './outgoing.js';
import { explained } from './reasons.js';
import { mayRefer } from './referrals.js';
import { Registration } from './registration.js';
import { soundOf } from './ringing.js';
import { Seats } from './seats.js';
import { SipSocket } from './socket.js';
import { Transfers } from './transfers.js';

export class Phone {
  #options;
  #page;
  #emit = () => {};
  #calls = new Map();
  #heard;
  #socket;
  #line;
  #seats;
  #transfers;
  #registration;
  #farewells;
  #outgoing;
  #refusedLocally = false;
  #stopped = false;

  constructor(options, page, Line) {
    this.#options = options;
    this.#page = page;
    this.#heard = new Heard(options, {
      identity: (sipId, who) => this.#identified(sipId, who),
      referOver: (sipId) => this.#callOf(sipId)?.referOver?.(),
      isOurContact: (user) => this.#socket.isOurContact(user),
    });
    const socket = new SipSocket(options);
    socket.onunreachable = (server) => void this.#unreachable(server);
    this.#socket = new Border(socket, options, {
      heard: (message) => this.#heard.hear(message),
      sent: (message) => this.#heard.asked(message),
      problem: (error) => this.#problem(error),
    });
    const isOpen = () => this.#socket.isOpen;
    this.#registration = new Registration(options, {
      isOpen,
      register: () => this.#line.register(),
      emit: (event) => this.#emit(event),
      problem: (error) => this.#problem(error),
    });
    this.#farewells = new Farewells(isOpen, options.byeDeadlineMs);
    this.#line = new Line(options, this.#socket, {
      connected: () => this.#connected(),
      disconnected: () => this.#disconnected(),
      registered: (is) => this.#registration.is(is, this.#heard.registration),
      incoming: (leg) => this.#incoming(leg),
    });
    this.#outgoing = new Outgoing(options, {
      isOpen,
      open: (call) => this.#seats.open(call),
      invite: (...how) => this.#line.invite(...how),
      listen: (call) => this.#listen(call, call.leg),
      fail: (call, error) => this.#fail(call, error),
    });
    this.#transfers = new Transfers({
      emit: (event) => this.#emit(event),
      media: (call, wanted) => this.#seats.open(call, wanted),
      leave: (leg) => this.#farewells.say(leg),
      end: (call, cause) => this.#end(call, cause),
      goOn: (call, leg, media) => this.#goOn(call, leg, media),
      settled: (call) => void this.#seats.settle(call),
      follows: (call, { number, displayName }) => {
        const to = { callId: call.id, number, ...(displayName && { displayName }) };
        const { referrer } = this.#heard.of(call.leg.callId);
        return mayRefer(options, { ...to, referrer }, (it) => this.#seats.confirmTransfer(it));
      },
      replaces: options.followTransfers !== 'never',
      problem: (error) => this.#problem(error),
    });
    this.#seats = new Seats(options, {
      calls: () => [...this.#calls.values()],
      invite: (target, media, headers) => this.#line.invite(target, media, { headers }),
      emit: (event) => this.#emit(event),
      leave: (leg) => this.#farewells.say(leg),
      end: (call, cause) => this.#end(call, cause),
      fail: (call, error) => this.#fail(call, error),
      goOn: (call, leg, media) => this.#goOn(call, leg, media),
      online: () => this.#socket.isOpen,
      problem: (error) => this.#problem(error),
    });
  }

  // ---- what the worker asks

  start(emit) {
    this.#emit = (event) => {
      emit(event);
      this.#sound();
    };
    this.#line.start();
    this.#socket.open();
  }

  /**
   * The calls are spoken in the page at the other end of this port, see `www/media/serve.js`; by `null` in none.
   * Resolves when every call that is up has moved there, or ended.
   */
  seat(port) {
    return this.#seats.take(port);
  }

  /** What another hub must know to take this call up, should this one be gone. A key to the call: for nobody else. */
  snapshot(callId) {
    const call = this.#calls.get(callId);
    return call?.up && call.media ? snapshotOf(call, (value) => this.#socket.restored(value)) : undefined;
  }

  /** Calls of a hub that is gone. Resolves when each is up again, which is told by `connected`, or has ended. */
  async takeUp(snapshots) {
    await Promise.all(snapshots.map((kept) => this.#takeUp(kept)));
  }

  async #takeUp(kept) {
    if (this.#calls.has(kept.callId)) return;
    const call = this.#add(kept.callId);
    call.leg = new KeptLeg(kept, (dialog) => this.#line.bye(dialog));
    call.media = this.#seats.mediaOf(call, kept);
    call.up = true;
    try {
      await this.#seats.seated();
      await this.#seats.settle(call);
    } catch (error) {
      this.#fail(call, error);
    }
    if (call.over) return;
    const { muted, held } = call.media;
    this.#emit({ type: 'connected', callId: call.id });
    this.#emit({ type: 'muted', callId: call.id, muted });
    this.#emit({ type: 'held', callId: call.id, held, by: 'local' });
    if (call.media.remoteHeld) this.#emit({ type: 'held', callId: call.id, held: true, by: 'remote' });
  }

  async dial(callId, number, how) {
    await this.#outgoing.dial(this.#add(callId), number, how);
  }

  async answer(callId) {
    const call = this.#calls.get(callId);
    if (!call || call.answering || !call.leg.incoming) return;
    call.answering = true;
    this.#sound();
    try {
      const media = await this.#seats.open(call);
      call.join(call.leg, media);
      await call.leg.answer(media);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  reject(callId, status) {
    const call = this.#calls.get(callId);
    if (!call) return;
    if (call.answering || !call.leg.incoming) return this.hangUp(callId);
    this.#end(call, { by: 'local' });
    // That the operator declined is on the record; the group that was rung need not know.
    call.leg.reject(status === 603 ? this.#options.decline : status);
  }

  hangUp(callId) {
    const call = this.#calls.get(callId);
    if (!call) return;
    // The call is over here whatever becomes of the BYE.
    this.#end(call, { by: 'local' });
    this.#farewells.say(call.leg);
    this.#farewells.say(call.next);
  }

  async setMuted(callId, muted) {
    const call = this.#calls.get(callId);
    if (!call?.media) return;
    await Promise.all([call.media.mute(muted), call.nextMedia?.mute(muted)]);
    if (!call.over) this.#emit({ type: 'muted', callId, muted });
  }

  async setHeld(callId, held) {
    const call = this.#calls.get(callId);
    if (!call?.up) return;
    await call.settling;
    if (call.over) return;
    if (this.#socket.isOpen) await call.hold(held);
    else call.media.held = held; // silence needs no server; the far end learns of it with all else
    if (!call.over) this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  async sendDtmf(callId, tone) {
    const call = this.#calls.get(callId);
    await call?.settling;
    // Menus speak, and want keys, before the call is answered.
    if (call?.up || call?.early) await call.sendDtmf(tone);
  }

  async sendPostDial(callId) {
    await this.#calls.get(callId)?.sendPostDial();
  }

  async transfer(callId, number) {
    const call = this.#calls.get(callId);
    await call?.settling;
    if (call?.up) await this.#transfers.blind(call, this.#outgoing.address(number));
  }

  async completeTransfer(callId, consultationId) {
    const [call, consultation] = [this.#calls.get(callId), this.#calls.get(consultationId)];
    await Promise.all([call?.settling, consultation?.settling]);
    if (!call?.up || !consultation?.up) throw problem('NOT_CONNECTED', 'both calls must be connected before they can be joined');
    await this.#transfers.attended(call, consultation);
  }

  /** The card gives a user's id or a number: who is known by an id is called by the extension. */
  resolveTarget({ target: picked }) {
    return this.#options.extensions[picked] ?? picked;
  }

  /** What there is of an RTCPeerConnection where there is no page: its statistics. */
  peerConnection(callId) {
    const media = this.#calls.get(callId)?.media;
    return media && { getStats: () => media.statistics() };
  }

  /** Speaks into another microphone, in the calls there are and in those to come. */
  async useMicrophone(deviceId) {
    this.#options.microphone = { ...this.#options.microphone, deviceId: { exact: deviceId } };
    for (const { media } of this.#calls.values()) {
      await media?.replaceMicrophone(this.#options.microphone).catch((error) => this.#problem(error));
    }
  }

  /** SIP dialogs that are not over, for diagnostics. */
  get dialogs() {
    return this.#line.dialogs;
  }

  stop() {
    this.#stopped = true;
    this.#registration.stop();
    for (const callId of [...this.#calls.keys()]) this.hangUp(callId);
    this.#seats.close();
    return this.#line.stop();
  }

  // ---- the SIP server

  /** It is tried again and again, and the browser's refusal told once. */
  async #unreachable(server) {
    const refusal = this.#refusedLocally ? undefined : await refusedLocally(server);
    if (!refusal || this.#refusedLocally) return;
    this.#refusedLocally = true;
    this.#problem(refusal);
  }

  #connected() {
    this.#line.register();
    this.#seats.changed();
    this.#farewells.connected();
    // The other side learns by which way we can be reached now.
    for (const call of this.#calls.values()) {
      if (!call.up || !call.stale) continue;
      call.stale = false;
      if (call.settling) continue; // it makes itself known
      call.makeKnown().then(() => (call.missed = false)).catch((error) => this.#problem(error));
    }
  }

  #disconnected() {
    if (this.#stopped) this.#socket.close(); // nobody is to open it again
    this.#registration.lost();
    for (const call of [...this.#calls.values()]) {
      call.stale = true;
      call.missed = true;
      // What a call that rings still needs to be said can't be said any more.
      if (!call.up && call.leg) this.#fail(call, problem('UNREGISTERED', 'the connection to the SIP server is lost'));
    }
  }

  #incoming(leg) {
    const busy = this.#calls.size > 0 && this.#options.secondCall === 'reject';
    if (busy || this.#stopped) return leg.reject(busy ? 486 : 480);
    const call = this.#add(`sip-${Math.random().toString(36).slice(2)}`);
    call.join(leg);
    this.#listen(call, leg);
    const heard = this.#heard.of(leg.callId);
    const { answerAfter } = heard;
    this.#emit(incomingEvent(call.id, leg, heard, this.#options.line));
    if (this.#options.autoAnswer && answerAfter !== undefined && this.#calls.size === 1) {
      call.answerSoon = setTimeout(() => void this.answer(call.id), answerAfter * 1000);
    }
  }

  #sound() {
    this.#seats.sound(soundOf([...this.#calls.values()], this.#options));
  }

  // ---- what happens to a call

  #add(id) {
    const call = new Call(id, this.#options, {
      failed: (error) => this.#fail(call, error),
      retryAfter: () => this.#heard.of(call.leg.callId).retryAfter,
    });
    this.#calls.set(id, call);
    return call;
  }

  #listen(call, leg) {
    leg.on = {
      progress: (earlyMedia) => {
        if (earlyMedia) call.early = true;
        call.rings = true;
        if (leg === call.leg && !call.over && !call.up) this.#emit({ type: 'progress', callId: call.id, ...(earlyMedia && { earlyMedia }) });
      },
      answered: () => {
        if (leg !== call.leg || call.over || call.up) return;
        call.connected();
        const { answeredBy, externalId } = this.#heard.of(leg.callId);
        this.#emit({ type: 'connected', callId: call.id, ...(!leg.incoming && externalId && { externalId }), ...(call.postDial && { tones: call.postDial }) });
        if (call.postDial && this.#options.postDial === 'send') void call.sendPostDial().catch((error) => this.#problem(error));
        if (answeredBy) this.#identified(leg.callId, answeredBy);
        if (call.media.remoteHeld) this.#emit({ type: 'held', callId: call.id, held: true, by: 'remote' });
        void this.#seats.settle(call);
      },
      ended: (cause) => {
        if (leg !== call.leg || call.over) return;
        if (call.next) return void (call.left = cause); // its transfer is under way
        if (!call.up && !leg.incoming && this.#outgoing.tryElsewhere(call, this.#heard.of(leg.callId))) return;
        if (call.transferring) return this.#end(call, { by: 'local', code: 'TRANSFERRED' });
        this.#end(call, this.#whyEnded(call, leg, cause));
      },
      refresh: () => {
        if (leg === call.leg && !call.over) call.renegotiate().catch((error) => this.#problem(error));
      },
      refer: (referral) => void this.#transfers.referred(call, referral),
      replaced: (replacement) => void this.#transfers.follow(call, (media) => replacement.answered(media), {
        ...replacement,
        // The one who is there has moved to another page, or telephone.
        same: replacement.number === leg.number,
      }),
    };
  }

  /** What the library says, and what it does not know. */
  #whyEnded(call, leg, cause) {
    const { reasons } = this.#heard.of(leg.callId);
    if (cause.by !== 'error') return explained(cause, reasons, { incoming: leg.incoming, answered: call.up });
    return this.#whyGone(call, leg) ?? (this.#socket.isOpen ? cause : { by: 'error', code: 'UNREGISTERED', text: 'the connection to the SIP server is lost' });
  }

  /** The far end, asked for something, knows of no such call (481). */
  #whyGone(call, leg) {
    if (!leg || !this.#heard.of(leg.callId).gone) return undefined;
    if (call.transferFailed) return { by: 'error', code: 'TRANSFER_LOST', text: 'the transfer failed, and the SIP server has hung up on the other side' };
    // Its goodbye could not reach us: that is no failure.
    return call.missed ? { by: 'remote' } : undefined;
  }

  #callOf(sipId) {
    return [...this.#calls.values()].find(({ leg }) => leg?.callId === sipId);
  }

  /** The server says who is there now, which means something once the call is answered: who rings is not who will talk. */
  #identified(sipId, { number, displayName }) {
    const call = this.#callOf(sipId);
    if (call?.up && !call.over) this.#emit({ type: 'identity', callId: call.id, number, ...(displayName && { displayName }) });
  }

  /** From now on the call goes by this leg, with this media. */
  #goOn(call, leg, media) {
    const { leg: before, media: { remoteHeld } } = call;
    call.left = undefined;
    call.join(leg, media);
    call.connected();
    this.#listen(call, leg);
    this.#farewells.say(before);
    if (remoteHeld !== media.remoteHeld) this.#emit({ type: 'held', callId: call.id, held: media.remoteHeld, by: 'remote' });
    void this.#seats.settle(call); // the seat may have gone elsewhere meanwhile
  }

  #fail(call, error) {
    if (call.over) return;
    this.#end(call, this.#whyGone(call, call.leg) ?? { by: 'error', code: stableCode(error), text: discreet(error.message) });
    // The caller must not be left ringing, nor the far end connected to nobody.
    if (call.leg?.incoming && !call.up) call.leg.reject(480);
    else this.#farewells.say(call.leg);
    this.#farewells.say(call.next);
  }

  /** The only place where a call ends: so it ends once. */
  #end(call, cause) {
    if (call.over) return;
    this.#calls.delete(call.id);
    call.close();
    if (call.leg) this.#heard.forget(call.leg.callId);
    this.#seats.changed();
    this.#emit({ type: 'ended', callId: call.id, cause });
  }

  #problem(error) {
    if (error.code === 'CLOSED') return;
    this.#page?.report({ code: stableCode(error), message: discreet(error.message) });
  }
}
