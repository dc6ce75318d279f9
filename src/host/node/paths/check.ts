import {
  type Check,
  type CheckOptions,
  check as checkSource,
} from '../../../analysis/check/check.ts';
import { type FollowOption, type NodeSource, resolve } from './source.ts';

/**
 * Hold every record of a source against the rules of a kernel: which requests io_submit would refuse, and why; what it would
 * pass over in silence; what looks odd; which results no kernel can have given. One pass, memory bounded whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported.
 */
export function check(
  source: NodeSource,
  options: CheckOptions & FollowOption = {},
): Promise<Check> {
  return checkSource(...resolve(source, options));
}
