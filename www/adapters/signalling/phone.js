// The softphone the worker drives, on top of any SIP library. What a library must bring is a Line
// and Legs (see `line.d.ts`); everything they have in common is here and in the modules beside it.
// All of it is signalling and needs no page: the calls are spoken where the seat is.

import { Backoff } from './backoff.js';
import { Border } from './border.js';
import { Call } from './call.js';
import { dialled, target } from './dialled.js';
import { headerLines } from './headers.js';
import { Heard } from './heard.js';
import { KeptLeg } from './kept.js';
import { discreet, pause, problem } from '../lib/problem.js';
import { explained } from './reasons.js';
import { Seats } from './seats.js';
import { SipSocket } from './socket.js';
import { Transfers } from './transfers.js';

/** A comma in what is dialled, as everywhere. */
const PAUSE_MS = 2000;

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
  #registered;
  #registration;
  #registerSoon;
  #refused;
  #leaving = new Set();
  #stopped = false;

  constructor(options, page, Line) {
    this.#options = options;
    this.#page = page;
    this.#heard = new Heard(options, {
      identity: (sipId, who) => this.#identified(sipId, who),
      referOver: (sipId) => this.#callOf(sipId)?.referOver?.(),
      isOurContact: (user) => this.#socket.isOurContact(user),
    });
    this.#socket = new Border(new SipSocket(options), options, {
      heard: (message) => this.#heard.hear(message),
      sent: (message) => this.#heard.asked(message),
      problem: (error) => this.#problem(error),
    });
    this.#registration = new Backoff(options.reconnect);
    this.#line = new Line(options, this.#socket, {
      connected: () => this.#connected(),
      disconnected: () => this.#disconnected(),
      registered: (is) => this.#registrationIs(is),
      incoming: (leg) => this.#incoming(leg),
    });
    this.#transfers = new Transfers({
      emit: (event) => this.#emit(event),
      media: (call, wanted) => this.#seats.open(call, wanted),
      leave: (leg) => this.#leave(leg),
      end: (call, cause) => this.#end(call, cause),
      goOn: (call, leg, media) => this.#goOn(call, leg, media),
      settled: (call) => void this.#seats.settle(call),
      follows: (call, offer) => this.#follows(call, offer),
      replaces: options.followTransfers !== 'never',
      problem: (error) => this.#problem(error),
    });
    this.#seats = new Seats(options, {
      calls: () => [...this.#calls.values()],
      invite: (target, media, headers) => this.#line.invite(target, media, { headers }),
      emit: (event) => this.#emit(event),
      leave: (leg) => this.#leave(leg),
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
    if (!call?.up || !call.media) return undefined;
    const { leg, media: { muted, held, remoteHeld } } = call;
    const { incoming, number, displayName, dialog } = leg;
    const said = (value) => this.#socket.restored(value);
    const { local, remote, target, route } = dialog;
    return {
      callId, incoming, number, ...(displayName && { displayName }), muted, held, remoteHeld,
      leg: { ...dialog, local: said(local), remote: said(remote), target: said(target), route: route.map(said) },
    };
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
    this.#emit({ type: 'connected', callId: call.id });
    if (call.media.remoteHeld) this.#emit({ type: 'held', callId: call.id, held: true, by: 'remote' });
  }

  async dial(callId, number, { line, headers } = {}) {
    const call = this.#add(callId);
    try {
      call.postDial = dialled(number).tones;
      await this.#invite(call, this.#target(number), { headers: [...this.#identity(line), ...headerLines({ ...this.#options.extraHeaders, ...headers })] });
    } catch (error) {
      this.#fail(call, error);
    }
  }

  async #invite(call, to, how) {
    if (!this.#socket.isOpen) throw problem('UNREGISTERED', 'the SIP server can\'t be reached');
    const media = await this.#seats.open(call);
    Object.assign(call, { invited: how, invitedTo: to });
    call.join(this.#line.invite(to, media, how), media);
    this.#listen(call, call.leg);
  }

  /** Whom to call as, where there are several numbers: asked of the server (RFC 3325), which may know better. */
  #identity(line) {
    if (!line || !this.#options.preferredIdentity) return [];
    const to = this.#target(line);
    return to === this.#options.uri ? [] : [`P-Preferred-Identity: <${to}>`];
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

  #target(text) {
    return target(text, this.#options.domain, this.#options.numbering);
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
    this.#leave(call.leg);
    this.#leave(call.next);
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
    if (!this.#socket.isOpen) throw problem('UNREGISTERED', 'the SIP server can\'t be reached');
    await call.settling;
    await call.hold(held);
    if (!call.over) this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  async sendDtmf(callId, tone) {
    const call = this.#calls.get(callId);
    await call?.settling;
    // Menus speak, and want keys, before the call is answered.
    if (call?.up || call?.early) await call.sendDtmf(tone);
  }

  /** Sends what was dialled after the number: an extension, a PIN. Once. */
  async sendPostDial(callId) {
    const call = this.#calls.get(callId);
    if (!call?.up || !call.postDial) return;
    const tones = call.postDial;
    call.postDial = undefined;
    for (const tone of tones) {
      if (tone === ',') await pause(PAUSE_MS);
      else if (!call.over) await call.sendDtmf(tone);
    }
  }

  async transfer(callId, number) {
    const call = this.#calls.get(callId);
    await call?.settling;
    if (call?.up) await this.#transfers.blind(call, this.#target(number));
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
    clearTimeout(this.#registerSoon);
    for (const callId of [...this.#calls.keys()]) this.hangUp(callId);
    this.#seats.close();
    return this.#line.stop();
  }

  // ---- the SIP server

  #connected() {
    this.#line.register();
    this.#seats.changed();
    for (const leave of this.#leaving) leave();
    // The other side learns by which way we can be reached now.
    for (const call of this.#calls.values()) {
      if (!call.up || !call.stale) continue;
      call.stale = false;
      if (call.settling) continue; // it makes itself known
      call.renegotiate().then(() => (call.missed = false)).catch((error) => this.#problem(error));
    }
  }

  #disconnected() {
    if (this.#stopped) this.#socket.close(); // nobody is to open it again
    this.#tellRegistered(false, { text: 'the connection to the SIP server is lost' });
    for (const call of [...this.#calls.values()]) {
      call.stale = true;
      call.missed = true;
      // What a call that rings still needs to be said can't be said any more.
      if (!call.up && call.leg) this.#fail(call, problem('UNREGISTERED', 'the connection to the SIP server is lost'));
    }
  }

  #registrationIs(is) {
    clearTimeout(this.#registerSoon);
    if (is) this.#registration.reset();
    else if (this.#socket.isOpen && !this.#stopped) {
      const refused = this.#heard.registration;
      // Some refusals are told twice.
      if (refused && refused === this.#refused) return;
      this.#refused = refused;
      const { status, text = '', retryAfter = 0 } = refused ?? {};
      // A wrong password does not mend itself, and many tries look like an attack.
      const wait = [401, 403, 404, 407].includes(status) ? this.#options.reconnect.last : this.#registration.next();
      this.#registerSoon = setTimeout(() => this.#socket.isOpen && this.#line.register(), Math.max(wait, retryAfter * 1000));
      this.#problem(problem('UNREGISTERED', `the SIP server refused the registration: ${status ?? 'no answer'} ${text}`.trim()));
    }
    this.#tellRegistered(is, is ? {} : { text: this.#heard.registration?.text });
  }

  #tellRegistered(is, { text } = {}) {
    if (is === this.#registered || this.#stopped) return;
    this.#registered = is;
    this.#emit(is ? { type: 'registered' } : { type: 'unregistered', ...(text && { text: discreet(text) }) });
  }

  #incoming(leg) {
    const busy = this.#calls.size > 0 && this.#options.secondCall === 'reject';
    if (busy || this.#stopped) return leg.reject(busy ? 486 : 480);
    const call = this.#add(`sip-${Math.random().toString(36).slice(2)}`);
    call.join(leg);
    this.#listen(call, leg);
    const { who, line, headers, externalId, answerAfter } = this.#heard.of(leg.callId);
    const { number, displayName } = who ?? leg;
    this.#emit({
      type: 'incoming', callId: call.id, number,
      ...(displayName && { displayName }),
      ...((this.#options.line ?? line) && { line: this.#options.line ?? line }),
      ...(leg.transferredBy && { transferredBy: leg.transferredBy }),
      ...(externalId && { externalId }),
      ...(headers && Object.keys(headers).length > 0 && { headers }),
    });
    if (this.#options.autoAnswer && answerAfter !== undefined && this.#calls.size === 1) {
      call.answerSoon = setTimeout(() => void this.answer(call.id), answerAfter * 1000);
    }
  }

  /** What is heard of calls that are not answered yet: theirs that ring here, ours that ring there. */
  #sound() {
    const { ringtone, ringback } = this.#options;
    const calls = [...this.#calls.values()];
    const rings = ringtone !== false && calls.some((call) => call.leg?.incoming && !call.up && !call.answering);
    const away = ringback && calls.some((call) => call.rings && !call.early && !call.up);
    const name = rings ? (calls.some(({ up }) => up) ? 'waiting' : 'ringing') : away ? 'ringback' : undefined;
    this.#seats.sound(name && { name, ...(name === 'ringing' && typeof ringtone === 'string' && { address: ringtone }) });
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
        if (call.postDial && this.#options.postDial === 'send') void this.sendPostDial(call.id).catch((error) => this.#problem(error));
        if (answeredBy) this.#identified(leg.callId, answeredBy);
        if (call.media.remoteHeld) this.#emit({ type: 'held', callId: call.id, held: true, by: 'remote' });
        void this.#seats.settle(call);
      },
      ended: (cause) => {
        if (leg !== call.leg || call.over) return;
        if (call.next) return void (call.left = cause); // its transfer is under way
        if (!call.up && !leg.incoming && this.#tryElsewhere(call, leg)) return;
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

  /** A refusal that says how the call may be made all the same is followed, once. */
  #tryElsewhere(call, leg) {
    const { movedTo, minSe } = this.#heard.of(leg.callId);
    if (call.tried || !(minSe || (movedTo && this.#options.followRedirects))) return false;
    call.tried = true;
    const { headers } = call.invited;
    const how = minSe ? { headers: [...headers, `Min-SE: ${minSe}`], sessionTimers: Math.max(minSe, this.#options.sessionTimers || 0) } : { headers };
    Promise.resolve().then(() => this.#invite(call, movedTo ? this.#target(movedTo) : call.invitedTo, how)).catch((error) => this.#fail(call, error));
    return true;
  }

  /** What the library says, and what it does not know. */
  #whyEnded(call, leg, cause) {
    const { reasons } = this.#heard.of(leg.callId);
    if (cause.by !== 'error') return explained(cause, reasons, { incoming: leg.incoming, answered: call.up });
    return this.#whyGone(call, leg) ?? (this.#socket.isOpen ? cause : { by: 'error', code: 'UNREGISTERED', text: 'the connection to the SIP server is lost' });
  }

  /** A stranger's REFER would have us dial whatever number costs most: who may send us on is the options' to say. */
  async #follows(call, { number, displayName }) {
    const { followTransfers, domain, servers } = this.#options;
    if (followTransfers === 'ask') return (await this.#page?.confirmTransfer?.({ callId: call.id, number, ...(displayName && { displayName }) })) ?? false;
    if (followTransfers !== 'domain') return followTransfers === 'always';
    const ours = [domain, ...servers.map((server) => new URL(server).host)].map((host) => host.replace(/:\d+$/, '').toLowerCase());
    return ours.includes((this.#heard.of(call.leg.callId).referrer ?? '').replace(/:\d+$/, ''));
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
    this.#leave(before);
    if (remoteHeld !== media.remoteHeld) this.#emit({ type: 'held', callId: call.id, held: media.remoteHeld, by: 'remote' });
    void this.#seats.settle(call); // the seat may have gone elsewhere meanwhile
  }

  #fail(call, error) {
    if (call.over) return;
    this.#end(call, this.#whyGone(call, call.leg) ?? { by: 'error', code: stableCode(error), text: discreet(error.message) });
    // The caller must not be left ringing, nor the far end connected to nobody.
    if (call.leg?.incoming && !call.up) call.leg.reject(480);
    else this.#leave(call.leg);
    this.#leave(call.next);
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

  /** Says goodbye on a leg; while there is no connection, as soon as there is one again. */
  #leave(leg) {
    if (!leg || leg.gone) return;
    const deadline = setTimeout(() => forget(), this.#options.byeDeadlineMs);
    const forget = () => {
      clearTimeout(deadline);
      this.#leaving.delete(leave);
      leg.forget();
    };
    const leave = () => {
      if (!this.#socket.isOpen) return;
      leg.end().then(forget, () => {
        if (!this.#leaving.has(leave)) return;
        if (this.#socket.isOpen) forget(); // it was heard and refused, or never will be heard
      });
    };
    this.#leaving.add(leave);
    leave();
  }

  #problem(error) {
    if (error.code === 'CLOSED') return;
    this.#page?.report({ code: stableCode(error), message: discreet(error.message) });
  }
}

/** The number that a DOMException has for a code says nothing to anybody. */
const stableCode = ({ code, name }) => (typeof code === 'string' ? code : name && name !== 'Error' ? name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() : 'SOFTPHONE');
