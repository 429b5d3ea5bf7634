// A bare SIP client for the far end of stories: it does what a PBX or a telephone does and none of our
// softphones would: it speaks before it answers, takes no telephone events, is slow.

import { Registerer, SessionState, UserAgent } from 'sip.js';

export class Peer {
  infos = '';
  #agent;
  #invitation;
  #context;

  constructor(server, uri, password) {
    this.#agent = new UserAgent({
      uri: UserAgent.makeURI(uri),
      authorizationUsername: UserAgent.makeURI(uri).user,
      authorizationPassword: password,
      transportOptions: { server },
      logBuiltinEnabled: false,
      autoSendAnInitialProvisionalResponse: false,
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
      delegate: {
        onInvite: (invitation) => {
          this.#invitation = invitation;
          invitation.delegate = {
            onInfo: (info) => {
              this.infos += /Signal=(.)/.exec(info.request.body)?.[1] ?? '?';
              void info.accept();
            },
          };
        },
      },
    });
  }

  async start() {
    await this.#agent.start();
    const registerer = new Registerer(this.#agent);
    await new Promise((resolve, reject) => {
      registerer.register({ requestDelegate: { onAccept: resolve, onReject: reject } });
    });
  }

  isCalled() {
    return !!this.#invitation;
  }
  heardInfos() {
    return this.infos;
  }
  isOver() {
    return this.#invitation?.state === SessionState.Terminated;
  }

  /** 183 with a description: its microphone is heard before it answers. */
  async speakEarly() {
    await this.#invitation.progress({ statusCode: 183 });
  }

  async ring() {
    await this.#invitation.progress({ statusCode: 180 });
  }

  /** @param {{ eventsAt?: number[] }} how the clock rates of telephone events it takes; all unless told */
  async accept({ eventsAt } = {}) {
    const strip = async ({ type, sdp }) => ({ type, sdp: sdp.replace(/^a=(rtpmap|fmtp):\d+ telephone-event(?:\/(\d+))?.*\r\n/gm, (line, _, rate) => (eventsAt.includes(Number(rate)) ? line : '')) });
    await this.#invitation.accept({ sessionDescriptionHandlerModifiers: eventsAt ? [strip] : [] });
  }

  async redirect(status) {
    await this.#invitation.reject({ statusCode: status });
  }

  /** A re-INVITE without a description, as PBXs send that put two calls together. */
  async asksForOffer() {
    await new Promise((resolve, reject) =>
      this.#invitation.invite({ withoutSdp: true, requestDelegate: { onAccept: () => resolve(), onReject: ({ message }) => reject(new Error(`it is refused with ${message.statusCode}`)) } }),
    );
  }

  /** A PBX that was restarted: it knows of no call any more, and says so (481). */
  forget() {
    this.#agent.userAgentCore.dialogs.clear();
  }

  async hangUp() {
    await this.#invitation.bye();
  }

  async stop() {
    await this.#agent.stop();
  }
}
