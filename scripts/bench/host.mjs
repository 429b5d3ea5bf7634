// ./build.sh bench host: the host beside nginx serving the same bytes, 5,000 operators on 500 simulated
// portals, and ten times more than it can do. All on loopback, bounded in time and requests.
//
//     [--rounds 9] [--seconds 2] [--operators 5000] [--portals 500] [--minutes 0]
//
// --minutes: for how long operators go on loading pages, to see whether memory stays flat: 10 to judge it.
// Prints JSON: medians with their n, ratios to nginx measured in turn, p99; and at the end what is promised of each,
// and whether it holds.

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, ROOT } from '../../tests/support/servers.mjs';
import { until } from '../../tests/support/until.mjs';
import { options } from './options.mjs';
import { median as middle, quantile, rounded as round2 } from './statistics.mjs';

const run = promisify(execFile);
const median = (all) => round2(middle(all));
const given = options('host', { rounds: 9, seconds: 2, operators: 5000, portals: 500, minutes: 0, connections: 32 });
const { rounds, seconds, operators, portals, connections } = given;
const minutes = Math.min(given.minutes, 15);

const BINARY = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'release/b24-host');
const FORM = 'application/x-www-form-urlencoded';
const folder = mkdtempSync(join(tmpdir(), 'b24-bench-'));
const running = [];
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const asset = (name) => `/assets/${JSON.parse(readFileSync(join(ROOT, 'dist/manifest.json'), 'utf8'))[name]}`;
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const capped = (await run(BINARY, ['--help'])).stdout.includes('--connections');
const bitrix = await startPortals();
const host = await startHost();
try {
  const nginx = await startNginx();
  const result = {
    machine: { cores: cpus().length, model: cpus()[0]?.model },
    handler: await beside(nginx, 'handler', '/handler', { post: true }),
    handlerCompressed: await beside(nginx, 'handler', '/handler', { post: true, encoding: 'gzip' }),
    asset: await beside(nginx, 'asset', asset('boot.js'), { encoding: 'gzip' }),
    wasm: await beside(nginx, 'wasm', asset('worker_bg.wasm'), { encoding: 'gzip' }),
    operators: await operatorsLoad(),
    overload: capped ? await overload() : { skipped: 'this host has no --connections' },
  };
  console.log(JSON.stringify({ ...result, promised: promised(result) }, null, 2));
} finally {
  for (const child of running) child.kill('SIGTERM');
  bitrix.close();
}

// ---- beside nginx

/** The same request to both in turn, so that what else the machine does hits both. */
async function beside(nginx, name, path, how) {
  const took = { host: [], nginx: [] };
  const turns = [['host', host], ['nginx', nginx]];
  for (let round = 0; round < rounds; round++) {
    for (const [who, { port }] of round % 2 ? turns.toReversed() : turns) took[who].push(await wrk(port, path, how));
  }
  const all = (who, key) => median(took[who].map((it) => it[key]));
  const ratio = (key) => round2(median(took.host.map((it, at) => it[key] / took.nginx[at][key])));
  const failed = [...took.host, ...took.nginx].reduce((sum, it) => sum + it.errors, 0);
  if (failed) throw new Error(`${name}: ${failed} answers were no 2xx`);
  return {
    n: rounds, seconds, connections, bytes: took.host[0].bytes,
    host: { perSecond: all('host', 'perSecond'), p50Ms: all('host', 'p50'), p99Ms: all('host', 'p99') },
    nginx: { perSecond: all('nginx', 'perSecond'), p50Ms: all('nginx', 'p50'), p99Ms: all('nginx', 'p99') },
    throughputRatio: ratio('perSecond'), p99Ratio: ratio('p99'),
  };
}

async function wrk(port, path, { post = false, encoding, connections: open = connections, time = seconds, pauseMs = 0 } = {}) {
  const script = join(folder, `${post ? 'post' : 'get'}${pauseMs}.lua`);
  writeFileSync(script, LUA(post, pauseMs));
  const headers = encoding ? ['-H', `Accept-Encoding: ${encoding}`] : [];
  const { stdout } = await run('wrk', ['-t1', `-c${open}`, `-d${Math.max(1, Math.round(time))}s`, '-s', script, ...headers, `http://127.0.0.1:${port}${path}`], { maxBuffer: 1 << 24 });
  const told = JSON.parse(stdout.slice(stdout.indexOf('JSON') + 4));
  return { ...told, perSecond: Math.round(told.requests / told.seconds), bytes: Math.round(told.bytes / Math.max(1, told.requests)) };
}

// A query and a body as a portal posts them, for a portal that has installed the app.
function LUA(post, pauseMs) {
  const { query, body } = bitrix.form(0, bitrix.token(0, 0));
  return `${post ? `wrk.method = "POST"\nwrk.body = "${body}"\nwrk.headers["Content-Type"] = "${FORM}"\nwrk.path = wrk.path\n` : ''}
function done(summary, latency)
  io.write(string.format('JSON{"requests":%d,"seconds":%f,"bytes":%d,"errors":%d,"refused":%d,"p50":%f,"p99":%f}',
    summary.requests, summary.duration / 1e6, summary.bytes, summary.errors.status + summary.errors.timeout,
    summary.errors.connect + summary.errors.read + summary.errors.write,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
function init(args)
  if wrk.method == "POST" then wrk.path = wrk.path .. "?${query}" end
  request_text = wrk.format()
end
function request() return request_text end
${pauseMs ? `function delay() return ${pauseMs} end` : ''}
`;
}

async function startNginx() {
  const port = await freePort();
  const root = join(folder, 'www');
  await run('cp', ['-r', join(ROOT, 'dist/assets'), join(folder, 'assets')]);
  await run('mkdir', ['-p', root]);
  await run('mv', [join(folder, 'assets'), root]);
  const page = await ask(host.port, 'GET', '/handler');
  writeFileSync(join(root, 'handler'), page.body);
  const policy = page.headers['content-security-policy'];
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, `
daemon off; master_process on; worker_processes ${cpus().length}; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; client_body_temp_path ${folder}; proxy_temp_path ${folder}/p;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  types { text/javascript js; application/wasm wasm; } default_type "text/html; charset=utf-8";
  gzip_static on; gzip on; gzip_types *; gzip_min_length 1;
  server {
    listen 127.0.0.1:${port} backlog=4096; root ${root};
    location = /handler { add_header Content-Security-Policy "${policy}"; add_header Cache-Control no-store; error_page 405 =200 $uri; }
    location /assets/ { add_header Cache-Control "public, max-age=31536000, immutable"; }
  }
}`);
  const path = `${process.env.PATH}:/usr/sbin`;
  start('nginx', ['-p', folder, '-c', file], { ...process.env, PATH: path });
  await until(() => ask(port, 'GET', '/handler').then((it) => it.status === 200, () => false), { what: 'nginx to answer' });
  return { port };
}

// ---- operators

/** Everybody opens a page, which asks for the account; then again and again. */
async function operatorsLoad() {
  const before = { ...bitrix.calls };
  const took = [];
  const memory = [];
  let loads = 0;
  const began = Date.now();
  const perPortal = Math.ceil(operators / portals);
  const load = async (operator) => {
    const [portal, user] = [operator % portals, Math.floor(operator / portals)];
    const token = bitrix.token(portal, user);
    const { query, body } = bitrix.form(portal, token);
    const at = performance.now();
    const page = await ask(host.port, 'POST', `/handler?${query}`, body, { 'content-type': FORM });
    took.push(performance.now() - at);
    const account = await ask(host.port, 'GET', `/settings/${bitrix.member(portal)}/me`, undefined, { authorization: `Bearer ${token}` });
    if (page.status !== 200 || account.status !== 200) throw new Error(`operator ${operator}: ${page.status} ${account.status} ${account.body}`);
    loads += 1;
  };
  const turns = [];
  do {
    const { portal } = bitrix.calls;
    await inParallel(connections, operators, load);
    turns.push(bitrix.calls.portal - portal);
    memory.push({ minute: (Date.now() - began) / 60_000, kb: residentKb() });
  } while (turns.length < 3 || Date.now() - began < minutes * 60_000);
  const perOperator = (who) => round2((bitrix.calls[who] - before[who]) / operators);
  // By then each cache has what it keeps, and each thread's heap its size.
  const settled = memory.slice(Math.floor((memory.length * 2) / 3));
  return {
    portals, operators, perPortal, pageLoads: loads, minutes: round2((Date.now() - began) / 60_000),
    pagesPerSecond: Math.round(loads / ((Date.now() - began) / 1000)), handlerP99Ms: round2(quantile(took, 0.99)),
    portalCallsPerOperator: perOperator('portal'), oauthCallsPerOperator: perOperator('oauth'), portalCallsByTurn: turns.slice(0, 5),
    memoryKb: {
      turns: memory.length, first: memory[0].kb, twoThirds: settled[0].kb, last: memory.at(-1).kb,
      slopePerMinute: slope(settled), growthOfLastThird: growth(settled),
    },
  };
}

// ---- overload

/** As many connections as the host takes, and ten times as many. */
async function overload() {
  // A few more, for what was opened to install.
  const small = await startHost(['--connections', String(connections + 4)]);
  try {
    const [fair, flooded] = [[], []];
    for (let round = 0; round < rounds; round++) {
      fair.push(await wrk(small.port, '/handler', { post: true }));
      flooded.push(await flood(small));
    }
    const p99 = (all) => median(all.map((it) => it.p99));
    return {
      n: rounds, seconds, taken: connections, offered: connections * 10,
      fair: { perSecond: median(fair.map((it) => it.perSecond)), p99Ms: p99(fair) },
      admitted: { perSecond: median(flooded.map((it) => it.perSecond)), p99Ms: p99(flooded) },
      p99Ratio: round2(median(flooded.map((it, at) => it.p99 / fair[at].p99))),
      shedWith503: flooded.reduce((sum, it) => sum + it.shed, 0), otherFailures: flooded.reduce((sum, it) => sum + it.other, 0),
      servedBeside: flooded.reduce((sum, it) => sum + it.served, 0),
    };
  } finally {
    small.child.kill('SIGTERM');
  }
}

/** Those who came first go on, while nine times as many others come, and come again when they are told to. */
async function flood({ port }) {
  const admitted = wrk(port, '/handler', { post: true });
  await new Promise((resolve) => setTimeout(resolve, 100)); // so that they came first
  const crowd = wrk(port, '/handler', { post: true, connections: connections * 9, time: seconds - 0.1, pauseMs: 1000 });
  const [{ perSecond, p99 }, told] = await Promise.all([admitted, crowd]);
  return { perSecond, p99, shed: told.errors, other: told.refused, served: told.requests - told.errors };
}

// ---- servers

async function startHost(more = []) {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'bench');
  const data = mkdtempSync(join(folder, 'data-'));
  const child = start(BINARY, [
    '--listen', '127.0.0.1:0', '--dist', join(ROOT, 'dist'), '--data', data, '--allow-loopback', '--accounts', '--adapter', 'jssip',
    '--client-id', 'app.bench', '--client-secret-file', secret, '--oauth-server', bitrix.origin, '--rate-limit', '400000000',
    '--public-url', 'http://app.localhost', '--portal', `http://*.portal.localhost:${bitrix.port}`, ...(more.length ? more : capped ? ['--connections', '4096'] : []),
    // As docs/samples start it.
  ], { ...process.env, RUST_LOG: 'error', MALLOC_ARENA_MAX: '2' });
  const port = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /listening \S+:(\d+)/.exec(text);
      if (found) resolve(Number(found[1]));
    });
    child.once('exit', (code) => reject(new Error(`the host did not start: ${code}`)));
  });
  const started = { child, port };
  const wanted = more.length ? 1 : portals;
  await inParallel(8, wanted, async (portal) => {
    const { query, body } = bitrix.form(portal, bitrix.token(portal, 0), bitrix.refresh(portal));
    const answer = await ask(port, 'POST', `/install?${query}`, body, { 'content-type': FORM });
    if (answer.status !== 200) throw new Error(`portal ${portal} is not installed: ${answer.status} ${answer.body}`);
  });
  return started;
}

/** All portals and their OAuth server: each by a name of its own, all at one port. */
async function startPortals() {
  const it = {
    /** What portals were asked, and what their OAuth server was. */
    calls: { portal: 0, oauth: 0 },
    member: (portal) => `m${portal}`,
    token: (portal, user) => `a${portal}u${user + 1}`,
    refresh: (portal) => `r${portal}`,
    form(portal, token, refresh = '') {
      const query = new URLSearchParams({ DOMAIN: it.domain(portal), PROTOCOL: '0', LANG: 'en', APP_SID: '588b8a98e848778a4ffb38fbcf70f2b9' });
      const body = new URLSearchParams({
        AUTH_ID: token, AUTH_EXPIRES: '3600', REFRESH_ID: refresh || `x${token}`, member_id: it.member(portal), status: 'L', APPLICATION_TOKEN: `t${portal}`,
        PLACEMENT: refresh ? 'DEFAULT' : 'PAGE_BACKGROUND_WORKER', PLACEMENT_OPTIONS: '{"URI":"/crm/deal/kanban/"}',
      });
      return { query: String(query), body: String(body) };
    },
  };
  const server = createServer((asked, answer) => {
    let text = '';
    asked.on('data', (chunk) => (text += chunk)).on('end', () => {
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify(answerOf(it, asked, text)));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  it.port = server.address().port;
  it.origin = `http://oauth.localhost:${it.port}`;
  it.domain = (portal) => `p${portal}.portal.localhost:${it.port}`;
  it.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return it;
}

function answerOf(it, { url, headers }, text) {
  const fields = text.startsWith('{') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text || url.split('?')[1]));
  const [, portal, user] = /^a(\d+)u(\d+)$/.exec(fields.auth ?? '') ?? [];
  const expires = Math.floor(Date.now() / 1000) + 3600;
  if (url.startsWith('/oauth/token')) {
    const of = /^r(\d+)$/.exec(fields.refresh_token)?.[1];
    if (of === undefined) return { error: 'invalid_grant' };
    return {
      access_token: it.token(of, 0), refresh_token: it.refresh(of), expires, expires_in: 3600, scope: 'placement,telephony,pull,contact_center', domain: it.domain(of),
      server_endpoint: `${it.origin}/rest/`, client_endpoint: `http://${it.domain(of)}/rest/`, status: 'L', member_id: it.member(of), user_id: 1,
    };
  }
  it.calls[headers.host === `oauth.localhost:${it.port}` ? 'oauth' : 'portal'] += 1;
  if (portal === undefined) return { error: 'invalid_token' };
  const method = url.split('?')[0].replace(/^\/rest\/|\.json$|\/$/g, '');
  const admin = user === '1';
  const result = {
    'app.info': { client_id: 'app.bench', user_id: Number(user), install: { installed: true, version: 1, status: 'L', scope: 'placement,telephony,pull,contact_center', member_id: it.member(portal), domain: it.domain(portal), client_endpoint: `http://${it.domain(portal)}/rest/` }, expires, member_id: it.member(portal), scope: 'placement' },
    profile: { ID: user, ADMIN: admin, NAME: 'Ann', LAST_NAME: 'Lee' },
    'placement.get': [], 'placement.list': ['PAGE_BACKGROUND_WORKER', 'CONTACT_CENTER', 'REST_APP_URI'], 'event.get': [],
  }[method];
  return { result: result ?? true, time: { start: Date.now() / 1000, finish: Date.now() / 1000 }, host: headers.host };
}

// ---- what is promised

/** Each promise with what was measured, and whether it holds; undecided where the run was too short. */
function promised({ handler, operators: { portalCallsPerOperator, memoryKb, minutes: lasted }, overload: flooded }) {
  const atMost = (value, limit) => ({ value, atMost: limit, holds: value <= limit });
  return {
    handlerP99BesideNginx: atMost(handler.p99Ratio, 1.5),
    handlerThroughputBesideNginx: { value: handler.throughputRatio, atLeast: 0.7, holds: handler.throughputRatio >= 0.7 },
    portalCallsPerOperatorAndHour: atMost(portalCallsPerOperator, 1),
    memoryGrowthOfLastThird: { ...atMost(memoryKb.growthOfLastThird, 0.01), ...(lasted < 9.9 ? { holds: 'undecided: --minutes 10' } : {}) },
    ...(flooded.skipped ? {} : {
      admittedP99InOverload: atMost(flooded.p99Ratio, 2),
      shedInOverload: { value: flooded.shedWith503, atLeast: 1, holds: flooded.shedWith503 > 0 },
    }),
  };
}

// ---- small things

function start(program, args, env) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  return child;
}

function ask(port, method, path, body, headers = {}, kept = true) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const asked = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length }, agent: kept ? agent : false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.once('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: text })).once('error', reject);
    });
    asked.setTimeout(30_000, () => asked.destroy(new Error('no answer within 30 s')));
    asked.once('error', reject);
    asked.end(body);
  });
}

async function inParallel(width, count, work) {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(width, count) }, async () => {
    while (next < count) await work(next++);
  }));
}

function residentKb() {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${host.child.pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** The least squares' slope, by which memory grows in a minute. */
function slope(points) {
  const mean = (of) => points.reduce((sum, it) => sum + of(it), 0) / points.length;
  const [x, y] = [mean((it) => it.minute), mean((it) => it.kb)];
  const spread = points.reduce((sum, it) => sum + (it.minute - x) ** 2, 0);
  return spread ? Math.round(points.reduce((sum, it) => sum + (it.minute - x) * (it.kb - y), 0) / spread) : 0;
}

/** By which part of itself memory has grown, by its slope: 0.01 is one in a hundred. */
function growth(points) {
  const minutesLong = points.at(-1).minute - points[0].minute;
  return Math.round(((slope(points) * minutesLong) / points[0].kb) * 10_000) / 10_000;
}
