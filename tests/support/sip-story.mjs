// One call story: who is there, what they do, and what must hold at the end of every story.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { openBench } from './sip-bench.mjs';
import { Sipp } from './sipp.mjs';
import { test } from './test.mjs';
import { until } from './until.mjs';

/**
 * Tells a list of stories with the softphones of one adapter. One server and one browser do for all. With `hub` the
 * operator's signalling is in a SharedWorker.
 */
export async function tell(adapter, lists, { hub = false, ...options } = {}) {
  const bench = await openBench(options);
  after(() => bench.close());
  for (const [name, body] of lists.flat()) {
    test(`${adapter}${hub ? ' in a hub' : ''}: ${name}`, async () => {
      const story = new Story(adapter, bench, hub);
      try {
        await body(story);
        await story.endsClean();
      } finally {
        await story.close();
      }
    });
  }
}

export class Story {
  #adapter;
  #phones = [];
  #others = [];
  #hub;

  constructor(adapter, bench, hub) {
    this.#adapter = adapter;
    this.#hub = hub;
    this.bench = bench;
    this.server = bench.server;
  }

  get adapter() {
    return this.#adapter;
  }

  /** A softphone of this name, registered, on a page of its own. */
  async phone(name, options, more) {
    const phone = await this.bench.phone(this.#adapter, more?.user ?? this.bench.newUser(name), options, { hub: this.#hub && name === 'operator', ...more });
    this.#phones.push(phone);
    return phone;
  }

  /** Several at once. */
  phones(...names) {
    return Promise.all(names.map((name) => this.phone(name)));
  }

  async peer(name, options) {
    const peer = await this.bench.peer(this.bench.newUser(name), options);
    this.#others.push(peer);
    return peer;
  }

  async link(options) {
    const link = await this.bench.link(options);
    this.#others.push(link);
    return link;
  }

  /** A trunk that calls this phone, step by step as the scenario says. */
  async trunkCalls(phone, steps) {
    const trunk = new Sipp(this.server);
    this.#others.push(trunk);
    return trunk.run(steps, { service: phone.user });
  }

  /** A trunk that waits to be called, as the phone dials `user`. */
  async trunkAnswers(steps, options) {
    const trunk = new Sipp(this.server);
    this.#others.push(trunk);
    await trunk.run(steps, options);
    return Object.assign(trunk, { user: `trunk-${trunk.port}` });
  }

  /** `one` calls `other`, who answers; both are heard. Gives each one's id of the call. */
  async talk(one, other) {
    const mine = await one.dials(other);
    const { callId: theirs } = await other.rings();
    await other.ask('answer', theirs);
    await Promise.all([one.told('connected', { callId: mine }), other.told('connected', { callId: theirs })]);
    await Promise.all([this.hear(one, mine), this.hear(other, theirs)]);
    return [mine, theirs];
  }

  /** `phone` calls a PBX, a bare SIP client that has not answered yet. */
  async dialPbx(phone, options) {
    const pbx = await this.peer('pbx', options);
    const mine = await phone.dials(pbx);
    await until(() => pbx.ask('isCalled'), { what: 'the PBX to be called' });
    return [mine, pbx];
  }

  /** `phone` calls a PBX, which answers as `how` says. */
  async talkToPbx(phone, how) {
    const [mine, pbx] = await this.dialPbx(phone);
    await pbx.ask('accept', how);
    await phone.told('connected', { callId: mine });
    return [mine, pbx];
  }

  /** `phone` hangs up, and the PBX is told. */
  async leavePbx(phone, mine, pbx) {
    await phone.ask('hangUp', mine);
    await until(() => pbx.ask('isOver'), { what: 'the PBX to be told' });
  }

  hear(phone, callId) {
    return phone.sound(callId, { speaks: true, hears: true });
  }

  /** `one` hangs up, and `other` is told. */
  async goodbye(one, mine, other, theirs) {
    await one.ask('hangUp', mine);
    const [here, there] = await Promise.all([one.told('ended', { callId: mine }), other.told('ended', { callId: theirs })]);
    assert.equal(here.cause.by, 'local');
    assert.deepEqual(there.cause, { by: 'remote' });
  }

  /** That something safe happened is worth little if nothing happens any more: the next call works. */
  async nextCallWorks(one, other) {
    const [mine, theirs] = await this.talk(one, other);
    await this.goodbye(one, mine, other, theirs);
  }

  /** A page is gone without a word. */
  async vanish(phone) {
    this.#phones.splice(this.#phones.indexOf(phone), 1);
    await phone.tab.close();
  }

  async endsClean() {
    // All of them, also where one does not: who is left behind would sign off another story's phone, on the same tab.
    const ends = await Promise.allSettled(this.#phones.map((phone) => phone.endsClean()));
    for (const { reason } of ends) if (reason) throw reason;
  }

  async close() {
    await Promise.all([...this.#phones, ...this.#others].map((one) => one.close().catch(() => {})));
  }
}
