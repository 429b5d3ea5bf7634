// Listens to both directions of a connection and gives their sum, a second at a time.

/** In the audio thread: floats in, whole seconds of 16-bit samples out. */
const PROCESSOR = `registerProcessor('tap', class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.samples = new Int16Array(sampleRate);
    this.used = 0;
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
      const sample = input ? Math.max(-1, Math.min(1, input[i])) : 0;
      this.samples[this.used++] = sample * 32767;
      if (this.used === this.samples.length) this.flush();
    }
    return !this.over;
  }
})`;

/**
 * @param {number} sampleRate what is wished for; Firefox connects a microphone only to its own rate
 * @param {(samples: ArrayBuffer, sampleRate: number) => void} take gets each second
 */
export async function tap(sampleRate, take) {
  const context = new AudioContext({ sampleRate });
  const module = URL.createObjectURL(new Blob([PROCESSOR], { type: 'text/javascript' }));
  try {
    await context.audioWorklet.addModule(module);
  } finally {
    URL.revokeObjectURL(module);
  }
  const options = { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' };
  const node = new AudioWorkletNode(context, 'tap', options);
  const closed = new Promise((resolve) => {
    node.port.onmessage = ({ data }) => (data ? take(data, context.sampleRate) : resolve());
  });
  const sources = new Map();

  return {
    /** Listens to what this connection carries now; asking again costs nothing. */
    listen(connection) {
      const ends = connection ? [...connection.getSenders(), ...connection.getReceivers()] : [];
      const tracks = new Set(ends.map(({ track }) => track).filter((track) => track?.kind === 'audio' && track.readyState === 'live'));
      for (const [track, source] of sources) {
        if (tracks.has(track)) continue;
        source.disconnect();
        sources.delete(track);
      }
      for (const track of tracks) {
        if (sources.has(track)) continue;
        const source = context.createMediaStreamSource(new MediaStream([track]));
        source.connect(node);
        sources.set(track, source);
      }
    },
    /** Gives what is left of the last second, then lets go of everything. */
    async close() {
      if (context.state === 'running') {
        node.port.postMessage('close');
        await closed;
      }
      sources.clear();
      await context.close();
    },
  };
}
