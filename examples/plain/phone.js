// A softphone in forty lines. Its PBX is server.mjs: calls come as server-sent events, and what the operator does
// goes there by POST. A real one also carries the sound: see docs/adapters.md.

export class MyPhone {
  #pbx;
  #emit;

  async start(emit) {
    this.#emit = emit;
    this.#pbx = new EventSource('/pbx');
    this.#pbx.onopen = () => emit({ type: 'registered' });
    this.#pbx.onerror = () => emit({ type: 'unregistered', text: 'the PBX can\'t be reached' });
    this.#pbx.onmessage = ({ data }) => emit(JSON.parse(data)); // incoming, progress, connected, ended
  }

  async stop() {
    this.#pbx.close();
  }

  dial = (callId, number) => this.#ask({ do: 'dial', callId, number });
  answer = (callId) => this.#ask({ do: 'answer', callId });
  reject = (callId, status) => this.#ask({ do: 'reject', callId, status });
  hangUp = (callId) => this.#ask({ do: 'hangUp', callId });
  sendDtmf = (callId, tone) => this.#ask({ do: 'tone', callId, tone });

  async setMuted(callId, muted) {
    this.#emit({ type: 'muted', callId, muted }); // a microphone would be switched here
  }

  async setHeld(callId, held) {
    await this.#ask({ do: held ? 'hold' : 'resume', callId });
    this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  async #ask(what) {
    const answer = await fetch('/pbx', { method: 'POST', body: JSON.stringify(what) });
    if (!answer.ok) throw new Error(`the PBX answered ${answer.status}`);
  }
}
