// What stands between browsers and the telephones of an office: rtpengine, which makes plain RTP of what
// browsers speak; baresip, a telephone that speaks nothing else; coturn, the way through a strict firewall.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

import { DOMAIN } from './kamailio.mjs';
import { freePort, freeUdpPort } from './servers.mjs';
import { tone } from '../../contract/voice.js';
import { until } from './until.mjs';

/** A program that runs until `close`, and what it said. */
class Program {
  #child;
  #exited;
  #log = '';

  constructor(command, arguments_) {
    this.#child = spawn(command, arguments_, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on('data', (chunk) => (this.#log = (this.#log + chunk).slice(-20_000)));
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', resolve);
      this.#child.once('error', (error) => resolve((this.#log += error.message)));
    });
    this.now = () => this.#child.kill('SIGKILL');
    process.once('exit', this.now);
  }

  get log() {
    return this.#log;
  }

  says(what) {
    return until(() => what.test(this.#log), { what: `a program to say ${what}` }).catch((error) => {
      throw new Error(`${error.message}\n${this.#log}`);
    });
  }

  async close() {
    this.now();
    await this.#exited;
    process.removeListener('exit', this.now);
  }
}

/** A range of ports for media, apart from those that others were given in the same moment. */
const mediaPorts = () => {
  const first = 20_000 + 2 * Math.floor(Math.random() * 10_000);
  return [first, first + 198];
};

/** Of this machine: baresip takes its media nowhere else, also where loopback would do. */
const ownAddress = () => Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';

/** rtpengine in user space, and not as Debian configures it, on ports that are one machine's; `port` is where Kamailio tells it what to do. */
export async function startRtpengine() {
  const port = await freeUdpPort();
  const [least, most] = mediaPorts();
  const program = new Program('rtpengine', ['--config-file=none', `--interface=${ownAddress()}`, `--listen-ng=127.0.0.1:${port}`, '--table=-1', '--foreground', '--log-stderr', '--log-level=6', '-m', String(least), '-M', String(most)]);
  await program.says(/Startup complete/);
  return { port, close: () => program.close(), get log() { return program.log; } };
}

/** A TURN server that lets nobody through but one user, or with a `secret` who has a password that was computed with it. */
export async function startTurn({ secret } = {}) {
  const port = await freeUdpPort();
  const [least, most] = mediaPorts();
  const [username, credential] = ['operator', 'secret-of-turn'];
  const program = new Program('turnserver', [
    '-n', '--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', String(port), '--min-port', String(least), '--max-port', String(most),
    ...(secret ? ['--use-auth-secret', `--static-auth-secret=${secret}`] : ['--lt-cred-mech', '--user', `${username}:${credential}`]), '--realm', DOMAIN, '--no-tls', '--no-dtls', '--no-cli', '--allow-loopback-peers', '--log-file', 'stdout', '--simple-log', '--pidfile', '/dev/null',
  ]);
  await program.says(/listener opened on ?: ?127\.0\.0\.1:|Listener.*127\.0\.0\.1|IPv4\. (UDP|TCP) listener opened/i);
  const url = `turn:127.0.0.1:${port}?transport=udp`;
  return { url, iceServers: [{ urls: url, username, credential }], close: () => program.close(), get log() { return program.log; } };
}

/** A telephone with plain RTP that registers by UDP, answers by itself, and is a sine of 660 Hz. */
export async function startBaresip(server, user) {
  const folder = mkdtempSync(join(tmpdir(), 'b24-baresip-'));
  const control = await freePort();
  const [least, most] = mediaPorts();
  writeFileSync(join(folder, 'accounts'), `<sip:${user}@${DOMAIN};transport=udp>;auth_user=${user};auth_pass=secret-${user};outbound="sip:127.0.0.1:${server.udpPort};transport=udp";regint=120;answermode=auto;audio_codecs=PCMA/8000/1,PCMU/8000/1\n`);
  writeFileSync(join(folder, 'contacts'), '');
  const voice = join(folder, 'voice.wav');
  writeFileSync(voice, tone(660, 60, 8000));
  writeFileSync(join(folder, 'config'), [
    'sip_listen 127.0.0.1:0', 'call_local_timeout 120', 'call_max_calls 4', `audio_player aufile,${join(folder, 'heard.wav')}`, `audio_source aufile,${voice}`, 'audio_alert none,none',
    'ausrc_srate 8000', 'auplay_srate 8000', 'ausrc_channels 1', 'auplay_channels 1', `rtp_ports ${least}-${most}`, 'rtcp_mux no', 'jitter_buffer_type fixed', 'jitter_buffer_delay 1-5',
    'module_path /usr/lib/baresip/modules', 'module g711.so', 'module aufile.so', 'module_tmp uuid.so', 'module_tmp account.so', 'module_app menu.so', 'module_app ctrl_tcp.so', `ctrl_tcp_listen 127.0.0.1:${control}`, '',
  ].join('\n'));
  const program = new Program('baresip', ['-f', folder, '-4']);
  await program.says(/200 OK.*1 binding|registered successfully|\b200 OK\b/i);
  /** Commands go in netstrings of JSON. */
  const ask = (command, params = '') =>
    new Promise((resolve, reject) => {
      const socket = connect(control, '127.0.0.1');
      socket.once('error', reject);
      const text = JSON.stringify({ command, params, token: '1' });
      socket.write(`${text.length}:${text},`);
      socket.on('data', (chunk) => {
        if (!/"response":true/.test(chunk)) return;
        socket.destroy();
        resolve(String(chunk));
      });
    });
  return {
    user,
    dials: (other) => ask('dial', `sip:${other}@${DOMAIN}`),
    hangsUp: () => ask('hangup'),
    get log() {
      return program.log;
    },
    says: (what) => program.says(what),
    async close() {
      await program.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
