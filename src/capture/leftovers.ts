// Removes what captures that were killed have left in tracefs.
import { appendFileSync, existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { pidNames } from './proc.ts';
import { textOf } from './tracefs.ts';

/** The name of a capture's instance and group of probes: the number is its process. */
const OWN = /^aioscope(\d+)(?:_\d+)?$/;
/** The lists of probes. */
const LISTS = ['kprobe_events', 'uprobe_events'];

/** Whether a name is that of a capture whose process is gone. */
function isStale(name: string): boolean {
  const pid = OWN.exec(name)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

/** Does what may fail, since another process may do it too. Returns whether it was done. */
function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** The probes of a list, as `group/name`. */
const probesIn = (tracefs: string, list: string): string[] =>
  [...(textOf(join(tracefs, list)) ?? '').matchAll(/^\w+:(\S+\/\S+)/gm)].map(([, name]) => name);

/** Removes probes of one group. */
export function removeProbes(tracefs: string, group: string): void {
  for (const list of LISTS)
    for (const probe of probesIn(tracefs, list))
      if (probe.startsWith(`${group}/`))
        attempt(() => appendFileSync(join(tracefs, list), `-:${probe}\n`));
}

/**
 * Removes the instances and probes of captures whose processes are gone. The kernel itself does not
 * remove an instance whose buffers are being read, nor probes that are enabled.
 */
export function removeLeftovers(tracefs: string): void {
  // In a container, most processes of the host are not visible.
  if (!pidNames().isHost) return;
  const instances = join(tracefs, 'instances');
  const names: string[] = [];
  attempt(() => names.push(...readdirSync(instances)));
  for (const name of names.filter(isStale)) attempt(() => rmdirSync(join(instances, name)));
  const groups = LISTS.flatMap((list) => probesIn(tracefs, list)).map(
    (probe) => probe.split('/')[0],
  );
  for (const group of new Set(groups.filter(isStale)))
    if (!existsSync(join(instances, group))) removeProbes(tracefs, group);
}
