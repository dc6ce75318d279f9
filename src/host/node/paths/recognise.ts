import {
  type Inspection,
  type InspectOptions,
  inspectSource,
  type Recognised,
  type RecogniseOptions,
  recognise as recogniseSource,
} from '../../../stream/recognise.ts';
import { type FollowOption, type NodeSource, resolve } from './source.ts';

/**
 * Say what a source seems to be, and what speaks for that. Cost: a megabyte is read; a source whose size is not known
 * beforehand (a pipe, a compressed file) is read to its end.
 *
 * @throws AioscopeError `AIOSCOPE_READ` where the source cannot be opened
 */
export function inspect(source: NodeSource, options: InspectOptions = {}): Promise<Inspection> {
  const [bytes, given] = resolve(source, options);
  return inspectSource(bytes, given);
}

/**
 * Open a source whose format is not known, or not wholly: what is given is obeyed, the rest is recognised. The source that
 * comes back is to be read with the format that comes back.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` where no kind is given and none is recognised
 */
export function recognise(
  source: NodeSource,
  options: InspectOptions & RecogniseOptions & FollowOption = {},
): Promise<Recognised> {
  const [bytes, given] = resolve(source, options);
  return recogniseSource(bytes, given);
}
