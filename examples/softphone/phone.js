// A softphone over signalling of one's own: what the far end says comes as server-sent events, what we say goes there by
// POST, and the sound goes by WebRTC from page to page. Ours makes every offer, so that two offers never meet.

export class WebPhone {
  /** The calls that are not over: whatever is not in here gets no events and no answers. */
  #calls = new Map();
  #options;
  #emit;
  #stream;
  #said = Promise.resolve();

  constructor({ line, iceServers = [], report }) {
    this.#options = { line, iceServers, report };
  }

  // ---- what the worker asks

  start(emit) {
    this.#emit = emit;
    this.#stream = new EventSource(`/signals/${encodeURIComponent(this.#options.line)}`);
    this.#stream.onopen = () => emit({ type: 'registered' });
    this.#stream.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    this.#stream.onerror = () => {
      const text = 'the signalling server can\'t be reached';
      for (const callId of [...this.#calls.keys()]) this.#end(callId, { by: 'error', code: 'UNREGISTERED', text });
      emit({ type: 'unregistered', text });
    };
  }

  stop() {
    for (const callId of [...this.#calls.keys()]) this.hangUp(callId);
    this.#stream.close();
  }

  dial(callId, number) {
    this.#calls.set(callId, {});
    this.#say('ring', callId, { to: number });
  }

  answer = (callId) => this.#talk(callId);

  reject = (callId, status) => this.#leave(callId, { by: 'local' }, status);

  hangUp = (callId) => this.#leave(callId, { by: 'local' });

  setMuted(callId, muted) {
    const { microphone } = this.#calls.get(callId) ?? {};
    if (!microphone) return;
    microphone.enabled = !muted; // what is sent goes on, as silence
    this.#emit({ type: 'muted', callId, muted });
  }

  async setHeld(callId, held) {
    const call = this.#calls.get(callId);
    if (!call?.transceiver) return;
    call.transceiver.direction = held ? 'inactive' : 'sendrecv';
    await this.#offer(callId, call);
    if (this.#calls.has(callId)) this.#emit({ type: 'held', callId, held, by: 'local' }); // it may have ended meanwhile
  }

  sendDtmf(callId, tone) {
    const { dtmf } = this.#calls.get(callId)?.transceiver?.sender ?? {};
    dtmf?.insertDTMF(dtmf.toneBuffer + tone); // behind those that are not sent yet
  }

  peerConnection = (callId) => this.#calls.get(callId)?.connection;

  // ---- what the far end says

  #hear({ type, call: callId, from, status, description, candidate }) {
    const call = this.#calls.get(callId);
    if (type === 'ring' && !call) {
      this.#calls.set(callId, {});
      this.#say('ringing', callId);
      this.#emit({ type: 'incoming', callId, number: from, line: this.#options.line });
    }
    if (!call) return;
    const failed = (error) => this.#fail(callId, 'MEDIA', error.message);
    if (type === 'ringing') this.#emit({ type: 'progress', callId });
    if (type === 'answer') this.#talk(callId);
    if (type === 'description') call.connection?.setRemoteDescription(description).then(call.agreed, failed);
    if (type === 'candidate') call.connection?.addIceCandidate(candidate).catch(failed);
    if (type === 'bye') this.#end(callId, { by: 'remote', ...(!call.up && { status: status ?? 487 }) });
  }

  // ---- the sound

  /** One side has answered: from here on they talk. */
  async #talk(callId) {
    const call = this.#calls.get(callId);
    if (!call || call.connection) return;
    const connection = (call.connection = new RTCPeerConnection({ iceServers: this.#options.iceServers }));
    connection.onicecandidate = ({ candidate }) => candidate && this.#say('candidate', callId, { candidate });
    connection.ontrack = ({ track }) => this.#play(call, track);
    connection.onconnectionstatechange = () => this.#connectionIs(connection.connectionState, callId, call);
    try {
      const microphone = await openMicrophone();
      if (!this.#calls.has(callId)) return microphone.stop(); // it ended while the browser asked
      call.microphone = microphone;
      call.transceiver = connection.addTransceiver(microphone, { direction: 'sendrecv' });
      await this.#offer(callId, call);
    } catch (error) {
      this.#fail(callId, error.code, error.message);
    }
  }

  /** Until the far end has answered it, or the call is over. */
  async #offer(callId, call) {
    const agreed = new Promise((resolve) => (call.agreed = resolve));
    await call.connection.setLocalDescription();
    this.#say('description', callId, { description: call.connection.localDescription });
    await agreed;
  }

  #connectionIs(state, callId, call) {
    if (state === 'connected') this.#emit(call.up ? { type: 'media', callId, flowing: true } : { type: 'connected', callId });
    if (state === 'connected') call.up = true;
    if (state === 'disconnected') this.#emit({ type: 'media', callId, flowing: false });
    if (state === 'failed') this.#fail(callId, 'ICE_FAILED', 'the two ends find no way to each other');
  }

  #play(call, track) {
    call.speaker = Object.assign(new Audio(), { srcObject: new MediaStream([track]) });
    call.speaker.play().catch(() => this.#options.report({ code: 'AUTOPLAY_BLOCKED', message: 'click once on the page' }));
  }

  // ---- how calls end

  #fail = (callId, code, text) => this.#leave(callId, { by: 'error', code, text }, 480);

  #leave(callId, cause, status) {
    if (this.#calls.has(callId)) this.#say('bye', callId, { status });
    this.#end(callId, cause);
  }

  /** The only place where a call ends: so it ends once. */
  #end(callId, cause) {
    const call = this.#calls.get(callId);
    if (!this.#calls.delete(callId)) return;
    call.connection?.close();
    call.microphone?.stop();
    call.speaker?.pause();
    call.agreed?.();
    this.#emit({ type: 'ended', callId, cause });
  }

  /** One after the other: a candidate must not arrive before the description that it belongs to. */
  #say(type, call, rest) {
    const message = { method: 'POST', keepalive: true, body: JSON.stringify({ type, call, ...rest }) };
    this.#said = this.#said.then(() => fetch(`/signals/${encodeURIComponent(this.#options.line)}`, message)).then(
      ({ ok }) => ok || Promise.reject(new Error('refused')),
    ).catch(() => this.#end(call, { by: 'error', code: 'UNREGISTERED', text: 'the signalling server can\'t be reached' }));
  }
}
