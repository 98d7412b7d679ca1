import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownIdentity } from '../../../src/system/process-identity.js';
import { compiledSources } from '../../support/compiled.js';

const RACER = fileURLToPath(new URL('../../support/lock-racer.js', import.meta.url));
const RACERS = 3;
const ROUNDS = 50;
const LONG_AGO = new Date(Date.now() - 3_600_000);

const sources = compiledSources('model', 'system', 'store');

type Attempt = { readonly kind: string; readonly kept: boolean };

/** Runs one racer to its end and returns how it fared in each round. */
function race(folder: string, number: number): Promise<readonly Attempt[]> {
  const racer = spawn(process.execPath, [RACER, sources, folder, `${number}`, `${RACERS}`, `${ROUNDS}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void racer.kill('SIGKILL'));
  let output = '';
  racer.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output += piece;
  });
  return new Promise((resolve, reject) => {
    racer.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`racer ${number} ended with ${code}`));
    });
  });
}

const dead = JSON.stringify({ ...ownIdentity(), pid: spawnSync(process.execPath, ['--version']).pid, token: '0' });

describe.each([
  ['is free', undefined],
  ['belongs to a dead process', dead],
  ['was emptied by a power cut', ''],
  ['was filled with NULs by a power cut', '\0'.repeat(150)],
])('a lock that %s', (_what, content) => {
  it(`is taken by exactly one of ${RACERS} processes at once, ${ROUNDS} times`, { timeout: 240_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'race-'));
    for (let round = 0; round < ROUNDS && content !== undefined; round += 1) {
      writeFileSync(join(folder, `${round}.lock`), content);
      utimesSync(join(folder, `${round}.lock`), LONG_AGO, LONG_AGO);
    }
    const results = await Promise.all(Array.from({ length: RACERS }, (_, number) => race(folder, number)));
    for (let round = 0; round < ROUNDS; round += 1) {
      const attempts = results.map((result) => result[round]);
      expect(attempts.filter((attempt) => attempt?.kind === 'acquired')).toEqual([{ kind: 'acquired', kept: true }]);
    }
    expect(readdirSync(folder).filter((name) => name.includes('lock'))).toEqual([]);
  });
});
