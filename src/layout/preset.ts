/** Layouts of common tracers, by name; each is a field list for `parseLayout`. */
export const PRESETS = {
  bare: 'record',
  traced: 'ts:u64,addr:u64,pid:u32,tid:u32,record',
  ebpf: 'ts:u64,pid:u32,tid:u32,comm:char16,record',
  'ebpf-addr': 'ts:u64,pid:u32,tid:u32,comm:char16,addr:u64,record',
  'ts-addr': 'ts:u64,addr:u64,record',
  ts: 'ts:u64,record',
} as const;

/** The name of a layout preset. */
export type PresetName = keyof typeof PRESETS;
