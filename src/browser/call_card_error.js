/** What the worker throws and reports: `code` for programs, `message` for people; `cause`: what another gave as the reason. */
export class CallCardError extends Error {
  name = 'CallCardError';

  constructor(code, message, causeCode, causeMessage) {
    super(message, causeCode ? { cause: { code: causeCode, message: causeMessage } } : undefined);
    this.code = code;
  }
}
