/** What the worker throws and reports: `code` for programs, `message` for people. */
export class CallCardError extends Error {
  name = 'CallCardError';

  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
