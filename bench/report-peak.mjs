// Preloaded into a measured program: it ends stderr with its peak memory, as every peer does.
import { peakKb } from './peak.mjs';

process.on('exit', () => process.stderr.write(String(peakKb())));
