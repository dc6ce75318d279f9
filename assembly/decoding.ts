export { decode_io_event } from "./io_event";
export { decode_iocb } from "./iocb";
export { gather_8, gather_16, gather_32, gather_64, gather_bytes } from "./gather";
export { swap_16, swap_32, swap_64 } from "./swap";
