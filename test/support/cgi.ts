import { spawnSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { appendFileSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Home, PROGRAM } from './cli.js';

/** The secret of every route that {@link addRoutes} writes. */
const SECRET = 'a secret of some length';

/** Adds routes to the configuration of a home; each is a name and what it rings for: `mirror = "project"`. */
export function addRoutes({ folder }: Home, routes: Readonly<Record<string, string>>): void {
  const config = join(folder, '.config', 'autosync');
  const file = join(config, 'secret');
  writeFileSync(file, `${SECRET}\n`);
  chmodSync(file, 0o600);
  for (const [name, target] of Object.entries(routes)) {
    const table = `\n[webhook."${name}"]\nprovider = "github"\nsecret-file = "${file}"\n${target}\n`;
    appendFileSync(join(config, 'config.toml'), table);
  }
}

/** Rings as GitHub does, at the program itself, as a web server hands a request to it; returns the status and the text. */
export function ring(
  { env, folder }: Home,
  { path = '', query = '', body = '{"ref":"refs/heads/main"}' }: { path?: string; query?: string; body?: string },
): string {
  const variables = {
    REQUEST_METHOD: 'POST',
    PATH_INFO: path,
    QUERY_STRING: query,
    CONTENT_LENGTH: String(Buffer.byteLength(body)),
    CONTENT_TYPE: 'application/json',
    HTTP_X_HUB_SIGNATURE_256: `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    HTTP_X_GITHUB_EVENT: 'push',
    HTTP_X_GITHUB_DELIVERY: randomUUID(),
  };
  const ended = spawnSync(process.execPath, [PROGRAM, 'webhook'], {
    cwd: folder,
    env: { ...env, ...variables },
    input: body,
    encoding: 'utf8',
    timeout: 240_000,
  });
  const [head = '', text = ''] = ended.stdout.split('\r\n\r\n');
  return `${/^Status: (\d+) /.exec(head)?.[1]} ${text.trimEnd()}`;
}
