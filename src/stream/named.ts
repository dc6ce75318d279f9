import { errnoName, iocbFlagNames, ioPriority, opcodeName, pollNames, rwFlagNames } from '../abi/name.ts';
import { IOCB_CMD_POLL } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';
import { releaseName } from '../abi/release.ts';
import { IO_EVENT_RULES, IOCB_RULES, type Rule, ruleNames } from '../abi/rule.ts';

const hex = (value: number | bigint): string => (value === 0 || value === 0n ? '0' : `0x${value.toString(16)}`);
const joined = (names: string[]): string => (names.length === 0 ? '0' : names.join('|'));

function priority(value: number): string {
  const { className, hint, hintName, level, class: number } = ioPriority(value);
  if (value === 0) return '0';
  return [className ?? `class ${number}`, ...(hint === 0 ? [] : [hintName ?? `hint ${hint}`]), `level ${level}`].join(' ');
}

function result(value: bigint): string {
  if (value >= 0n) return value.toString();
  const name = value >= -4095n ? errnoName(Number(-value)) : null;
  return name ?? value.toString();
}

/** The names of the rules in a column of anomalies; a dash where a record has none. */
const anomalies = (rules: readonly Rule[], mask: number): string => ruleNames(rules, mask).join('|') || '–';

/** What io_submit fails with, and why; a dash where nothing speaks against the record. */
function reason(rules: readonly Rule[], number: number): string {
  if (number === 0) return '–';
  const { errno, name } = rules[number - 1];
  return errno === undefined ? name : `${errno} ${name}`;
}

/**
 * A value in the words of the ABI: `IOCB_CMD_PREAD`, `RWF_NOWAIT|RWF_DSYNC`, `EIO`, `IOPRIO_CLASS_BE level 4`, poll
 * bits for the `aio_buf` of IOCB_CMD_POLL, the names of rules; addresses in hex, descriptors signed, any other number as it is.
 */
export function namedValue(meaning: Meaning | undefined, value: number | bigint, opcode: number | undefined): string {
  switch (meaning) {
    case 'opcode':
      return opcodeName(Number(value)) ?? `opcode ${value}`;
    case 'descriptor':
      return String(Number(value) | 0);
    case 'flags':
      return joined(iocbFlagNames(Number(value)));
    case 'rwFlags':
      return joined(rwFlagNames(Number(value)));
    case 'ioprio':
      return priority(Number(value));
    case 'buffer':
      return opcode === IOCB_CMD_POLL && value <= 0xffff ? joined(pollNames(Number(value))) : hex(value);
    case 'address':
      return hex(value);
    case 'result':
      return result(BigInt(value));
    case 'iocbAnomalies':
      return anomalies(IOCB_RULES, Number(value));
    case 'iocbReason':
      return reason(IOCB_RULES, Number(value));
    case 'ioEventAnomalies':
      return anomalies(IO_EVENT_RULES, Number(value));
    case 'ioEventReason':
      return reason(IO_EVENT_RULES, Number(value));
    case 'release':
      return releaseName(Number(value)) ?? '–';
    default:
      return value.toString();
  }
}
