// The sound of one call: microphone, RTCPeerConnection, speaker. Ours makes every offer, so that two never meet.

export class Sound {
  connection;
  #on;
  #microphone;
  #transceiver;
  #speaker = new Audio();
  #agreed;

  /** `on.say` takes a description or a candidate there, `on.flows` and `on.failed` tell of the path. */
  constructor(iceServers, on) {
    this.#on = on;
    this.connection = new RTCPeerConnection({ iceServers });
    this.connection.onicecandidate = ({ candidate }) => candidate && on.say({ candidate });
    this.connection.ontrack = ({ track }) => this.#play(track);
    this.connection.onconnectionstatechange = () => {
      const state = this.connection.connectionState;
      if (state === 'connected') on.flows(true);
      if (state === 'disconnected') on.flows(false); // it may come back by itself
      if (state === 'failed') on.failed(problem('ICE_FAILED', 'the two ends find no way to each other'));
    };
  }

  async open() {
    this.#microphone = await openMicrophone();
    if (this.connection.signalingState === 'closed') return this.#microphone.stop(); // hung up while the browser asked
    this.#transceiver = this.connection.addTransceiver(this.#microphone, { direction: 'sendrecv' });
    await this.#offer();
  }

  async hear({ description, candidate }) {
    if (candidate) return this.connection.addIceCandidate(candidate);
    await this.connection.setRemoteDescription(description);
    this.#agreed?.();
  }

  setMuted(muted) {
    if (this.#microphone) this.#microphone.enabled = !muted; // packets go on, with silence in them
  }

  async setHeld(held) {
    if (!this.#transceiver) return;
    this.#transceiver.direction = held ? 'inactive' : 'sendrecv';
    await this.#offer();
  }

  sendDtmf(tone) {
    const { dtmf } = this.#transceiver?.sender ?? {};
    dtmf?.insertDTMF(dtmf.toneBuffer + tone); // behind those that are not sent yet
  }

  close() {
    this.connection.close();
    this.#microphone?.stop();
    this.#speaker.srcObject = null;
    this.#agreed?.();
  }

  /** Until the far end has agreed, or the call is over. */
  async #offer() {
    const agreed = new Promise((resolve) => (this.#agreed = resolve));
    await this.connection.setLocalDescription();
    this.#on.say({ description: this.connection.localDescription });
    await agreed;
  }

  /** A page whose microphone is open may play, also before it is clicked upon. */
  #play(track) {
    this.#speaker.srcObject = new MediaStream([track]);
    this.#speaker.play().catch((error) => {
      if (error.name === 'NotAllowedError') this.#on.failed(problem('AUTOPLAY_BLOCKED', 'click once on the page'));
    });
  }
}

const problem = (code, message) => Object.assign(new Error(message), { code });

/** Each reason has a cure of its own, so each has a code of its own, for which the worker has words. */
async function openMicrophone() {
  if (!navigator.mediaDevices) throw problem('INSECURE_ORIGIN', 'the page was not loaded by https');
  const policy = document.permissionsPolicy ?? document.featurePolicy; // Firefox can't tell
  if (policy?.allowsFeature('microphone') === false) {
    throw problem('FRAME_PERMISSION', 'the frame was created without allow="microphone"');
  }
  try {
    return (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
  } catch ({ name }) {
    if (name === 'NotAllowedError') throw problem('MICROPHONE_DENIED', 'permit the microphone for this site');
    if (name === 'NotFoundError') throw problem('MICROPHONE_MISSING', 'there is no microphone');
    throw problem('MICROPHONE_UNREADABLE', 'the microphone can\'t be read: another program may have it');
  }
}
