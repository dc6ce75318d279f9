export { decode_io_event } from "./io_event";
export { decode_iocb } from "./iocb";
export { gather_8, gather_16, gather_32, gather_64, gather_bytes } from "./gather";
export { swap_16, swap_32, swap_64 } from "./swap";
export { tally_u8, tally_i8, tally_u16, tally_i16, tally_u32, tally_i32, tally_u64, tally_i64 } from "./tally";
export { count_results } from "./results";
export { count_requests } from "./requests";
export { check_iocb, check_io_event } from "./check";
