export { tally_u64, tally_i64 } from "./tally";
export {
  tally_u8, tally_i8, tally_u16, tally_i16, tally_u32, tally_i32,
} from "./tally-narrow";
export { count_completions } from "./completions";
export { count_submissions } from "./submissions";
export { count_values_32, count_values_16 } from "./values";
export { summarize_io_event, tally_pair_u32, tally_pair_u64 } from "./packed";
