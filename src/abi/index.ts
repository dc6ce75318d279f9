/**
 * What Linux defines, as tables and names: the structs of `linux/aio_abi.h` with their offsets,
 * opcodes, flags, errors, and the rules of io_submit.
 *
 * @example
 * ```js
 * import { errnoName, iocb, opcodeName, rwFlagNames } from 'aioscope/abi';
 *
 * for (const { name, type, offset } of iocb.fields.slice(0, 3)) console.log(offset, type, name);
 * console.log(opcodeName(1), rwFlagNames(8), errnoName(11));
 * ```
 *
 * ```text
 * 0 u64 aio_data
 * 8 u32 aio_key
 * 12 u32 aio_rw_flags
 * IOCB_CMD_PWRITE [ 'RWF_NOWAIT' ] EAGAIN
 * ```
 *
 * @module
 */
export { CALLS, type CallName } from './call.ts';
export { FIELD_DOCS, OPCODE_DOCS, RULE_DOCS } from './doc.ts';
export { ERRNO, ERRNO_INTERNAL, MAX_ERRNO } from './errno.ts';
export {
  type Flag,
  IOCB_FLAG_IOPRIO,
  IOCB_FLAG_RESFD,
  IOCB_FLAGS,
  IOPRIO_CLASSES,
  IOPRIO_HINTS,
  POLL_FLAGS,
  RWF_FLAGS,
} from './flag.ts';
export { GVISOR_FIELDS } from './gvisor.ts';
export {
  errnoName,
  errnoOf,
  iocbFlagNames,
  ioPriority,
  opcodeName,
  pollNames,
  ruleNames,
  rwFlagNames,
} from './lookup.ts';
export type { IoPriority } from './name.ts';
export * from './opcode.ts';
export {
  AIO_RING_MAGIC,
  type AIORing,
  AIORingSize,
  aioRing,
  type Columns,
  type Field,
  type IOCallback,
  IOCallbackSize,
  type IOEvent,
  IOEventSize,
  iocb,
  ioEvent,
  type Meaning,
  type RecordKind,
  type RecordLayout,
  type RecordObject,
} from './record.ts';
export { RELEASES } from './release.ts';
export {
  IO_EVENT_RULES,
  IOCB_RULES,
  type IocbRuleName,
  type IoEventRuleName,
  PROFILES,
  type ProfileName,
  RING_RULES,
  type RingRuleName,
  RULE_CLASSES,
  type Rule,
  type RuleClass,
} from './rule.ts';
export type { ScalarArray, ScalarType, ScalarValue } from './scalar.ts';
