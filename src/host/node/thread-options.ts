/** Options of the program, such as --input-type and --import, are not for modules of threads. */
export const THREAD_OPTIONS = { execArgv: [], name: 'aioscope' };
