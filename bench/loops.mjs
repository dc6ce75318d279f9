// The best plain-JavaScript loops that we know: `aioscope bench` measures the same.
export { iocbLongs, iocbWords, ioEventLongs, ioEventWords } from '../dist/analysis/bench/decode-loops.js';
