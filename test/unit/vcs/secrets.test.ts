import { lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asAbsolute, asRelative } from '../../../src/model/paths.js';
import { guardReason } from '../../../src/vcs/secrets.js';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(top, { recursive: true }));

function look(name: string, content: string | Uint8Array = ''): boolean {
  writeFileSync(join(top, name), content);
  return guardReason(asAbsolute(top), asRelative(name), lstatSync(join(top, name))) === 'secret';
}

describe('a secret', () => {
  it.each([
    'RSA PRIVATE KEY',
    'EC PRIVATE KEY',
    'OPENSSH PRIVATE KEY',
    'PRIVATE KEY',
    'ENCRYPTED PRIVATE KEY',
    'PGP PRIVATE KEY BLOCK',
  ])('is a file that begins with %s', (label) => {
    expect(look('key', `-----BEGIN ${label}-----\nMIIE\n`)).toBe(true);
    expect(look('key', `\ufeff-----BEGIN ${label}-----\r\nMIIE\r\n`)).toBe(true);
    expect(look('key', `Bag Attributes\n    friendlyName: me\n-----BEGIN ${label}-----\nMIIE\n`)).toBe(true);
  });

  it("is PuTTY's key", () => {
    expect(look('key.ppk', 'PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n')).toBe(true);
  });

  it.each(['.env', '.env.local', '.env.production', '.ENV', '.env (conflict here 2026-01-01 abcdef0)'])(
    "is '%s'",
    (name) => expect(look(name)).toBe(true),
  );

  it.each(['.env.example', '.env.sample', '.env.template', '.env.dist', '.envrc', 'env', 'x.env', '.environment'])(
    "is not '%s'",
    (name) => expect(look(name)).toBe(false),
  );

  it.each([
    ['a public key', 'ssh-ed25519 AAAAC3Nz me@here\n'],
    ['a public key in PEM', '-----BEGIN PUBLIC KEY-----\nMIIB\n'],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n'],
    ['a text that speaks of one', 'A file that says -----BEGIN PRIVATE KEY----- is a key.\n'],
    ['an empty file', ''],
    ['what is too large for a key', `-----BEGIN PRIVATE KEY-----\n${'x'.repeat(70_000)}`],
  ])('is not %s', (_, content) => expect(look('file', content)).toBe(false));

  it('may be what cannot be read, which waits until it can', () => {
    writeFileSync(join(top, 'key'), 'text');
    const stats = lstatSync(join(top, 'key'));
    rmSync(join(top, 'key'));
    mkdirSync(join(top, 'key'));
    expect(guardReason(asAbsolute(top), asRelative('key'), stats)).toBe('unreadable');
  });
});
