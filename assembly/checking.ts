export { check_iocb, check_io_event } from "./check";
