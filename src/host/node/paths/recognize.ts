import {
  type Inspection,
  type InspectOptions,
  inspectSource,
  type Recognized,
  type RecognizeOptions,
  recognize as recognizeSource,
} from '../../../stream/recognize.ts';
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
 * Open a source whose format is not known, or not wholly: what is given is obeyed, the rest is recognized. The source that
 * comes back is to be read with the format that comes back.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` where no kind is given and none is recognized
 */
export function recognize(
  source: NodeSource,
  options: InspectOptions & RecognizeOptions & FollowOption = {},
): Promise<Recognized> {
  const [bytes, given] = resolve(source, options);
  return recognizeSource(bytes, given);
}
