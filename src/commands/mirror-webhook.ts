import { AutosyncError } from '../model/errors.js';
import type { Locations } from '../store/locations.js';
import { readWebhookRoutes, type WebhookRoute } from '../store/webhook-routes.js';
import { joinPath } from '../system/files.js';
import { printable } from '../system/printable.js';
import { quoteShell } from '../system/quote.js';
import { warn } from '../system/terminal.js';
import { PROVIDERS } from '../webhook/proof.js';

/** Returns every route; when the configuration of one is wrong, none is served: that is named on standard error. */
export function webhookRoutes({ configFile }: Pick<Locations, 'configFile'>): readonly WebhookRoute[] {
  try {
    return readWebhookRoutes(configFile, PROVIDERS);
  } catch (error) {
    if (!(error instanceof AutosyncError)) throw error;
    warn(`autosync: ${error.message}`);
    for (const hint of error.hints) warn(`  ${hint}`);
    return [];
  }
}

/** Returns the addresses at which one rings for a mirror: `/hook/project`, `/synchronise/?user=ann&project=fizz`. */
export function routesTo(routes: readonly WebhookRoute[], mirror: string): readonly string[] {
  const found = routes.filter(({ target }) => target.kind === 'mirror' && target.name === mirror);
  return found.map(({ name }) => addressOf(name));
}

function addressOf(name: string): string {
  const [user = '', project] = name.split('/');
  return project === undefined ? `/hook/${user}` : `/synchronise/?user=${user}&project=${project}`;
}

/**
 * Says what is left to do until a mirror can be rung for: `config.toml` is the user's own, and autosync never writes
 * into it.
 */
export function webhookAdvice(locations: Locations, name: string): readonly string[] {
  const [route, ...more] = routesTo(webhookRoutes(locations), name);
  if (route !== undefined) return [`  rung for at  ${[route, ...more].join(', ')}`];
  const secret = joinPath(locations.config, `${name}.secret`);
  const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  return [
    `  to be rung for, it needs a secret of its own:`,
    '',
    `    (umask 077; head -c 32 /dev/urandom | base64 > ${quoteShell(secret)})`,
    '',
    `  and a route in '${printable(locations.configFile)}':`,
    '',
    `    [webhook.${key}]`,
    '    provider = "standard-webhooks"',
    `    secret-file = ${JSON.stringify(secret)}`,
    `    mirror = "${name}"`,
    '',
    `  whoever rings posts to …${addressOf(name)}; docs/webhook.md shows that for each provider and web server`,
  ];
}
