// Certificates for servers on loopback, and the authority that signs them, made by openssl(1).
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs a program. @throws an error with its words if it fails */
export function run(command, ...args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? stderr}`);
}

/** A certificate for 127.0.0.1 and localhost, signed by a new authority. */
export function certificatesIn(folder) {
  mkdirSync(folder, { recursive: true });
  const [ca, caKey, key, request, certificate, names] = [
    ...['ca.pem', 'ca.key', 'server.key', 'server.csr', 'server.pem', 'names'],
  ].map((name) => join(folder, name));
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-keyout'];
  writeFileSync(names, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  run(
    'openssl',
    'req',
    '-x509',
    ...newKey,
    caKey,
    '-out',
    ca,
    '-days',
    '2',
    '-subj',
    '/CN=test CA',
  );
  run('openssl', 'req', ...newKey, key, '-out', request, '-subj', '/CN=localhost');
  const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', names];
  run('openssl', 'x509', '-req', '-in', request, ...signed, '-out', certificate);
  return { ca, key, certificate };
}
