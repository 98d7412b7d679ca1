import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandNotifier } from '../../../src/notify/command.js';
import { needs } from '../../support/needs.js';
import { notification } from '../../support/notifications.js';

const outputFile = (): string => join(mkdtempSync(join(tmpdir(), 'notified-')), 'output');

describe('commandNotifier', () => {
  it('gives the command the notification as one line of JSON', async () => {
    const file = outputFile();
    const told = notification({ title: '$(id) "x"', paths: ['a\nb', '\udce9'] });
    expect(await commandNotifier(['/bin/sh', '-c', 'cat > "$0"', file]).notify(told)).toEqual({ kind: 'delivered' });
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toEqual(told);
  });

  it('names the event and the repository in the environment, and the home folder as the current one', async () => {
    const file = outputFile();
    const script = 'printf "%s|%s|%s" "$AUTOSYNC_EVENT" "$AUTOSYNC_REPO" "$PWD" > "$0"';
    await commandNotifier(['/bin/sh', '-c', script, file]).notify(notification({ repo: '/a b/$(id)' }));
    expect(readFileSync(file, 'utf8')).toBe(`conflict|/a b/$(id)|${process.env['HOME']}`);
  });

  it('passes the arguments as they are, without a shell', async () => {
    const file = outputFile();
    await commandNotifier(['/bin/sh', '-c', 'printf %s "$1" > "$0"', file, '$(id); `id` *']).notify(notification());
    expect(readFileSync(file, 'utf8')).toBe('$(id); `id` *');
  });

  it('does not mind a command that does not read', async () => {
    const told = notification({ paths: Array.from({ length: 50_000 }, (_, index) => `file ${index}`) });
    expect(await commandNotifier(['/bin/true']).notify(told)).toEqual({ kind: 'delivered' });
  });

  it.each([
    [['/bin/sh', '-c', 'exit 3'], "notify-command '/bin/sh': ended with exit code 3"],
    [
      ['/bin/sh', '-c', 'echo one >&2; printf "no\\033[31m\\n\\n" >&2; exit 1'],
      "notify-command '/bin/sh': no\\x1b[31m",
    ],
    [['/nowhere/notify'], "notify-command '/nowhere/notify': program '/nowhere/notify' not found"],
    [['/bin/sh', '-c', 'kill -9 $$'], "notify-command '/bin/sh': ended with exit code -1"],
  ])('says why %j did not take it', async (command, why) => {
    expect(await commandNotifier(command).notify(notification())).toEqual({ kind: 'undelivered', why });
  });

  it('ends a command that does not end', async () => {
    const delivery = await commandNotifier(['/bin/sh', '-c', 'exec sleep 600'], 300).notify(notification());
    expect(delivery).toEqual({ kind: 'undelivered', why: "notify-command '/bin/sh': no answer within 0.3 s" });
  });

  it.skipIf(!needs('setsid'))('does not wait for what a command left behind in a session of its own', async () => {
    const file = outputFile();
    // It ends only when what it leaves behind is in its own session, and has said which process it is.
    const script = `setsid sh -c 'echo $$ > "$0"; exec sleep 600' "$0" & until [ -s "$0" ]; do sleep 0.02; done`;
    const delivery = await commandNotifier(['/bin/sh', '-c', script, file], 3_000).notify(notification());
    process.kill(Number(readFileSync(file, 'utf8')));
    expect(delivery).toEqual({ kind: 'delivered' });
  });
});
