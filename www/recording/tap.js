// Listens to both directions of a connection and gives their sum, a second at a time.

/**
 * In the audio thread: floats in, whole seconds of 16-bit samples out. Where the thread has another rate than the record,
 * each sample is the mean of those it stands for.
 */
const PROCESSOR = `registerProcessor('tap', class extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate } }) {
    super();
    this.step = rate / sampleRate;
    this.samples = new Int16Array(rate);
    this.used = this.part = this.sum = this.count = 0;
    this.port.onmessage = () => { this.flush(); this.port.postMessage(null); this.over = true; };
  }
  flush() {
    if (!this.used) return;
    const { buffer } = this.samples.slice(0, this.used);
    this.port.postMessage(buffer, [buffer]);
    this.used = 0;
  }
  process([[input]]) {
    for (let i = 0; i < (input ? input.length : 128); i++) {
      this.sum += input ? input[i] : 0;
      this.count++;
      this.part += this.step;
      if (this.part < 0.999999) continue;
      this.part -= 1;
      this.samples[this.used++] = Math.max(-1, Math.min(1, this.sum / this.count)) * 32767;
      this.sum = this.count = 0;
      if (this.used === this.samples.length) this.flush();
    }
    return !this.over;
  }
})`;

/** How long a context may stay silent before that is told. */
const SUSPENDED_MS = 3000;

/**
 * @param {number} sampleRate what the record is to have
 * @param {(samples: ArrayBuffer, sampleRate: number) => void} take gets each second
 * @param {() => void} suspended told once when the browser lets nothing be heard
 */
export async function tap(sampleRate, take, suspended) {
  let context = await opened(new AudioContext({ sampleRate }));
  /** Resolves when the audio thread has given all it had. */
  let whole;
  let node = listener();
  let sources = new Map();
  const watch = setTimeout(() => context.state === 'suspended' && suspended(), SUSPENDED_MS);

  /** Also gives what is left of the last second, when it is asked to close. */
  function listener() {
    // A connection may be recorded at 8000 a second where the browser's own thread has 48,000 (see `listen`), never less.
    const rate = Math.min(sampleRate, context.sampleRate);
    const options = { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit', processorOptions: { rate } };
    const made = new AudioWorkletNode(context, 'tap', options);
    whole = new Promise((resolve) => {
      made.port.onmessage = ({ data }) => (data ? take(data, rate) : resolve());
    });
    return made;
  }

  function connect(track) {
    const source = context.createMediaStreamSource(new MediaStream([track]));
    source.connect(node);
    sources.set(track, source);
  }

  let opening = false;
  return {
    /** Listens to what this connection carries now; asking again costs nothing. */
    async listen(connection) {
      if (opening) return;
      // A page that was not clicked on may be refused at first, and allowed while its microphone is open.
      if (context.state === 'suspended') void context.resume();
      const ends = connection ? [...connection.getSenders(), ...connection.getReceivers()] : [];
      const tracks = new Set(ends.map(({ track }) => track).filter((track) => track?.kind === 'audio' && track.readyState === 'live'));
      for (const [track, source] of sources) {
        if (tracks.has(track)) continue;
        source.disconnect();
        sources.delete(track);
      }
      for (const track of tracks) {
        if (sources.has(track)) continue;
        try {
          connect(track);
        } catch (error) {
          if (error.name !== 'NotSupportedError') throw error;
          // Older Firefox connects a microphone only to a context of the microphone's own rate.
          opening = true;
          void context.close();
          context = await opened(new AudioContext()).finally(() => (opening = false));
          sources = new Map();
          node = listener();
          return this.listen(connection);
        }
      }
    },
    /** Gives what is left of the last second, then lets go of everything. */
    async close() {
      clearTimeout(watch);
      if (context.state === 'running') {
        node.port.postMessage('close');
        await whole;
      }
      sources.clear();
      await context.close();
    },
  };
}

async function opened(context) {
  const module = URL.createObjectURL(new Blob([PROCESSOR], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(module);
  } finally {
    URL.revokeObjectURL(module);
  }
  return context;
}
