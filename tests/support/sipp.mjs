// Far ends that say to the letter what real PBXs, carriers and telephones say: scenarios for sipp, which
// reaches the SIP server by UDP as a trunk does. Whom a softphone dials as `trunk-PORT` is the sipp there.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DOMAIN } from './kamailio.mjs';
import { freeUdpPort } from './servers.mjs';

/**
 * What a WebRTC gateway offers. It is reached nowhere: what these stories are about is said, not heard.
 *
 * @param {{ setup?: string | null, direction?: string, origin?: number, address?: string, port?: number, ice?: boolean, key?: string,
 *   events?: boolean, video?: boolean, ssrc?: number }} options `ice`: whether it says how it can be reached; `video`: a line for what nobody asked for
 */
export const sdp = ({ setup = 'actpass', direction = 'sendrecv', origin = 1, address = '127.0.0.1', port = 9, ice = true, ufrag = 'trunk', key = 'D2', events = true, video, ssrc = 3735928559 } = {}) => [
  'v=0', `o=- 20518 ${origin} IN IP4 127.0.0.1`, 's=-', `c=IN IP4 ${address}`, 't=0 0',
  `m=audio ${port} UDP/TLS/RTP/SAVPF 111 0${events ? ' 101' : ''}`, 'a=mid:0', `a=${direction}`, 'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2', 'a=rtpmap:0 PCMU/8000', ...(events ? ['a=rtpmap:101 telephone-event/8000'] : []), `a=ssrc:${ssrc} cname:trunk`,
  ...(ice ? [`a=ice-ufrag:${ufrag}`, 'a=ice-pwd:aVeryLongPasswordForIce00'] : []), ...(setup ? [`a=setup:${setup}`] : []),
  `a=fingerprint:sha-256 ${key}:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F`,
  ...(video ? ['m=video 0 UDP/TLS/RTP/SAVPF 96', 'a=rtpmap:96 VP8/90000'] : []),
];

/** One step: a message to send. `body`: lines of a description; `around`: what stands around them. */
export const send = (first, headers = [], { body, type = 'application/sdp', around = (lines) => lines, retransmit = false } = {}) => {
  const text = body ? `Content-Type: ${type}\nContent-Length: [len]\n\n${around(body).join('\n')}\n` : 'Content-Length: 0\n\n';
  return `<send${retransmit ? ' retrans="500"' : ''}><![CDATA[\n\n${[first, ...headers].join('\n')}\n${text}\n]]></send>`;
};

/**
 * One step: a request to come. `check`: an extended regular expression that it must match. `keep`: remember From
 * and To, for requests of our own in the dialog that this begins.
 */
export const hears = (request, { check, optional, keep } = {}) =>
  `<recv request="${request}"${optional ? ' optional="true"' : ''} rrs="true">${actions(check, keep)}</recv>`;

export const answered = (response, { check, optional, auth } = {}) =>
  `<recv response="${response}"${optional ? ' optional="true"' : ''}${auth ? ' auth="true"' : ''} rrs="true">${actions(check)}</recv>`;

function actions(check, keep) {
  const all = [];
  if (check) all.push(`<ereg regexp="${check.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')}" search_in="msg" check_it="true" assign_to="1"/>`);
  if (keep) all.push('<ereg regexp=".*" search_in="hdr" header="From:" assign_to="2"/>', '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="3"/>');
  return all.length > 0 ? `<action>${all.join('')}</action>` : '';
}

/** Where a request matches, on with `then`, else with `otherwise`: for scenarios of two calls. */
export const either = (request, pattern, then, otherwise) => [
  `<recv request="${request}" rrs="true" next="1" test="1"><action><ereg regexp="${pattern}" search_in="msg" assign_to="1"/></action></recv>`,
  otherwise, '<nop next="2"/>', '<label id="1"/>', then, '<label id="2"/>',
];

export const pause = (ms) => `<pause milliseconds="${ms}"/>`;

// ---- a trunk that calls

const ours = 'sip:trunk@127.0.0.1:[local_port]';

/** The headers of a request of the caller's; `more` may replace From, To and Contact. */
export const asCaller = (cseq, method, { from = `<sip:+15550199@${DOMAIN}>`, to = `<sip:[service]@${DOMAIN}>`, contact = `<${ours}>`, routes = true, more = [], answered = true } = {}) => [
  'Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]',
  ...(routes ? ['[routes]'] : []),
  `From: ${from};tag=[pid]trunk[call_number]`,
  `To: ${to}${answered ? '[peer_tag_param]' : ''}`,
  'Call-ID: [call_id]', `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70', `Contact: ${contact}`, ...more,
];

/** Calls the user that is the scenario's service, who answers. */
export const calls = (options = {}) => [
  send(`INVITE ${options.uri ?? `sip:[service]@${DOMAIN}`} SIP/2.0`, asCaller(1, 'INVITE', { ...options, routes: false, answered: false }), { body: options.late ? undefined : sdp(options.sdp), retransmit: true, ...options.send }),
  answered(100, { optional: true }),
];

export const isAnswered = (options = {}) => [
  answered(180, { optional: true }),
  answered(200, options),
  send('ACK [next_url] SIP/2.0', asCaller(1, 'ACK', options), options.late ? { body: sdp({ setup: 'active' }) } : {}),
];

export const byeAsCaller = (cseq, options = {}) => [send('BYE [next_url] SIP/2.0', asCaller(cseq, 'BYE', options), { retransmit: true }), answered(200)];

// ---- a trunk that is called

/** The headers of an answer to whatever came last. */
export const answer = ({ tag = true, contact = `<${ours}>`, more = [] } = {}) => [
  '[last_Via:]', '[last_Record-Route:]', '[last_From:]', `[last_To:]${tag ? ';tag=[pid]trunk[call_number]' : ''}`, '[last_Call-ID:]', '[last_CSeq:]', `Contact: ${contact}`, ...more,
];

/** A request of the called one's, in the dialog the other has begun. */
export const asCalled = (cseq, method, { more = [] } = {}) => [
  'Via: SIP/2.0/UDP 127.0.0.1:[local_port];branch=[branch]', '[routes]',
  'From:[$3];tag=[pid]trunk[call_number]', 'To:[$2]', 'Call-ID: [call_id]', `CSeq: ${cseq} ${method}`, 'Max-Forwards: 70', `Contact: <${ours}>`, ...more,
];

/** Runs a scenario against the server; gives how it went. */
export class Sipp {
  port;
  #server;
  #folder = mkdtempSync(join(tmpdir(), 'b24-sipp-'));
  #child;
  #said = '';
  /** Resolves when the scenario is through; rejects, saying where it went wrong. */
  done;

  constructor(server) {
    this.#server = server;
  }

  /** @param {{ service?: string, calls?: number }} options whom it calls; how many calls there are, each told the same steps */
  async run(steps, { service, calls = 1 } = {}) {
    this.port ??= await freeUdpPort();
    const file = join(this.#folder, 'scenario.xml');
    const all = steps.flat(9).join('\n');
    // sipp wants each variable to be used somewhere.
    const variables = [...new Set(all.match(/(?<=assign_to=")\d/g))].filter((it) => !all.includes(`test="${it}"`)).join(',');
    writeFileSync(file, `<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="story">\n${all}\n${variables && `<Reference variables="${variables}"/>`}\n</scenario>\n`);
    const arguments_ = [
      '-sf', file, '-i', '127.0.0.1', '-p', String(this.port), '-m', String(calls), '-nostdin', '-default_behaviors', 'all,-bye',
      '-timeout', '120s', '-timeout_error', '-trace_err', '-error_file', join(this.#folder, 'errors.log'), '-trace_msg', '-message_file', join(this.#folder, 'messages.log'),
      ...(service ? ['-s', service] : []), `127.0.0.1:${this.#server.udpPort}`,
    ];
    const child = spawn('sipp', arguments_, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TERM: 'dumb' } });
    this.#child = child;
    child.stderr.on('data', (chunk) => (this.#said = (this.#said + chunk).slice(-4000)));
    child.stdout.resume();
    this.done = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`sipp ended with ${code}: ${this.#said}\n${this.#read('errors.log')}\n${this.#read('messages.log').slice(-6000)}`))));
    });
    this.done.catch(() => {});
    return this;
  }

  /** All that was said so far. */
  heard() {
    return this.#read('messages.log');
  }

  #read(name) {
    try {
      return readFileSync(join(this.#folder, name), 'utf8');
    } catch {
      return '';
    }
  }

  async close() {
    this.#child?.kill('SIGKILL');
    await this.done?.catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
