// The sound of one call: microphone, RTCPeerConnection, speaker. The far end is in this page, too, and says back what it
// hears: yours is the PBX, which is sent the offer and gives the answer.

export class Sound {
  readonly connection = new RTCPeerConnection();
  #far = new RTCPeerConnection();
  #microphone?: MediaStreamTrack;
  #speaker = new Audio();

  constructor() {
    const near = this.connection;
    const far = this.#far;
    near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
    far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
    near.ontrack = ({ track }) => {
      this.#speaker.srcObject = new MediaStream([track]);
      this.#speaker.play().catch(console.warn); // a page whose microphone is open may play
    };
    far.ontrack = ({ track, transceiver }) => {
      transceiver.direction = 'sendrecv';
      transceiver.sender.replaceTrack(track);
    };
  }

  async open() {
    const [microphone] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
    this.#microphone = microphone!;
    if (this.#closed) return this.#microphone.stop(); // hung up while the browser asked
    this.connection.addTrack(this.#microphone);
    await this.#agree();
  }

  setMuted(muted: boolean) {
    if (this.#microphone) this.#microphone.enabled = !muted; // packets go on, with silence in them
  }

  async setHeld(held: boolean) {
    for (const transceiver of this.connection.getTransceivers()) transceiver.direction = held ? 'inactive' : 'sendrecv';
    await this.#agree();
  }

  close() {
    this.connection.close();
    this.#far.close();
    this.#microphone?.stop();
    this.#speaker.srcObject = null;
  }

  get #closed() {
    return this.connection.signalingState === 'closed';
  }

  async #agree() {
    const near = this.connection;
    const far = this.#far;
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription!);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription!);
  }
}
