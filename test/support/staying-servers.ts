import type { CommandServer, commandServer } from '../../src/vcs/hg/command-server.js';

type CommandServers = { readonly commandServer: typeof commandServer };

let staying: Map<string, CommandServer> | undefined;

/** Returns the module that starts hg, but so that {@link letHgStay} works; test/support/hermetic.ts puts it in place. */
export const withStayingServers = (module: CommandServers): CommandServers => ({
  ...module,
  commandServer: (request) => {
    // A working tree that is private to a run comes and goes with it.
    if (staying === undefined || /[\\/]\.hg[\\/]/.test(request.cwd)) return module.commandServer(request);
    const key = JSON.stringify(request);
    const server = staying.get(key) ?? module.commandServer(request);
    staying.set(key, server);
    return { run: server.run, end: () => undefined };
  },
});

/**
 * Lets the hg of each machine stay from one run to the next, as it does within one, until the returned function is called:
 * for many runs in a row, most of whose time would go into starting it. Only where none of hg's settings change meanwhile.
 */
export function letHgStay(): () => void {
  if (staying !== undefined) return () => undefined;
  const servers = new Map<string, CommandServer>();
  staying = servers;
  return () => {
    staying = undefined;
    for (const server of servers.values()) server.end();
  };
}
