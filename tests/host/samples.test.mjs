// The samples of docs/samples/ pass the checks of the programs they are for, where those are installed,
// and name only what the host has.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { ROOT } from '../support/servers.mjs';

const SAMPLES = join(ROOT, 'docs/samples');
const folder = mkdtempSync(join(tmpdir(), 'b24-samples-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const has = (program) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]).status === 0;
const sample = (name) => readFileSync(join(SAMPLES, name), 'utf8');
const sources = readdirSync(join(ROOT, 'crates/host/src'), { recursive: true })
  .filter((name) => name.endsWith('.rs'))
  .map((name) => readFileSync(join(ROOT, 'crates/host/src', name), 'utf8'))
  .join('\n');

test('systemd takes the units', { skip: !has('systemd-analyze') && 'systemd is not installed' }, () => {
  const host = join(folder, 'b24-host');
  writeFileSync(host, '#!/bin/sh\n');
  chmodSync(host, 0o755);
  const units = readdirSync(SAMPLES).filter((name) => /\.(service|timer)$/.test(name));
  assert.equal(units.length, 3);
  for (const name of units) writeFileSync(join(folder, name), sample(name).replaceAll('/usr/local/bin/b24-host', host));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...units.map((name) => join(folder, name))], { encoding: 'utf8' });
  // Units of the machine itself may have faults of their own.
  const ours = stderr.split('\n').filter((line) => line.includes('b24-host'));
  assert.deepEqual(ours, []);
  assert.equal(status, 0, stderr);
});

test('nginx takes the configuration', { skip: !(has('nginx') && has('openssl')) && 'nginx or openssl is not installed' }, () => {
  const [key, certificate] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=calls.example.com'], { stdio: 'ignore' });
  const site = sample('nginx.conf')
    .replace(/ssl_certificate \S+;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key \S+;/, `ssl_certificate_key ${key};`)
    .replaceAll('/var/log/nginx', folder);
  const whole = `pid ${folder}/pid; error_log ${folder}/error.log; events {} http {\n${site}\n}`;
  writeFileSync(join(folder, 'nginx.conf'), whole);
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const { status, stderr } = spawnSync('nginx', ['-t', '-p', folder, '-c', join(folder, 'nginx.conf')], { encoding: 'utf8', env });
  assert.equal(status, 0, stderr);
  assert.ok(!/\[warn\]/.test(stderr), stderr);
});

test('Prometheus takes the alerts', { skip: !has('promtool') && 'promtool is not installed' }, () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', join(SAMPLES, 'alerts.yml')], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

test('every alert is about something the host counts', () => {
  const alerts = sample('alerts.yml');
  const metrics = new Set([...alerts.matchAll(/\bb24_host_(\w+)_total/g)].map(([, name]) => name));
  assert.ok(metrics.size >= 3);
  for (const name of metrics) assert.match(sources, new RegExp(`"${name}"`), name);
  const events = [...alerts.matchAll(/event="(\w+)"/g)].map(([, name]) => name);
  assert.ok(events.length >= 4);
  for (const name of events) assert.match(sources, new RegExp(`event\\(\\s*"${name}"`), name);
  for (const [, route] of alerts.matchAll(/route="([^"]+)"/g)) assert.match(sources, new RegExp(`"${route}"`), route);
});

test('every variable and option of the samples is one of the host', () => {
  const text = ['b24-host.service', 'b24-host-backup.service', 'nginx.conf'].map(sample).join('\n');
  for (const [, name] of text.matchAll(/\b(B24_HOST_\w+)=/g)) assert.match(sources, new RegExp(`"${name}"`), name);
  for (const [, name] of text.matchAll(/ --([a-z-]+)/g)) assert.match(sources.replaceAll('_', '-'), new RegExp(`\\b${name}\\b`), name);
});
