import { type ProfileName, RING_RULES, type RingRuleName, type RuleClass } from '../../abi/rule.ts';
import type { RingState } from '../../stream/ring.ts';

/** The rules that the header of a ring matches. */
export interface RingCheck {
  file: string;
  /** Events that were not reaped yet. */
  live: number;
  /** Events that were reaped and are still in their slots; they are checked too. */
  stale: number;
  rules: { rule: RingRuleName; class: RuleClass }[];
}

/** Tests of header fields that do not keep an image from being recognized as a ring. */
const RING_TESTS: Readonly<Record<RingRuleName, (ring: RingState) => boolean>> = {
  'incompat-features': ({ header }) => header.incompat_features !== 0,
  'header-length': ({ header }) => header.header_length !== 32,
  'slots-missing': ({ missing }) => missing !== undefined,
  'tail-beyond-nr': ({ header }) => header.tail >= header.nr,
  'head-beyond-nr': ({ header }) => header.head >= header.nr,
  'compat-features': ({ header }) => header.compat_features !== 1,
  'nr-not-whole-pages': ({ header }) => ((header.nr + 1) * 32) % 4096 !== 0,
};

/** Checks the header of a ring. */
export function ringCheck(file: string, ring: RingState, profile: ProfileName): RingCheck {
  const rules = RING_RULES.filter(({ name }) => RING_TESTS[name](ring));
  return {
    file,
    live: ring.live,
    stale: ring.stale,
    rules: rules.map(({ name, classes }) => ({ rule: name, class: classes[profile] })),
  };
}
