// Why a system call failed, in words that say what to do.
export { reasonOf } from '../errors.ts';
