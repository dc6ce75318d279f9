import { type Summary, summarize } from '../node.ts';
import { type InputOptions, resolveInputs } from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { summaryText } from './summary-text.ts';

/** The options of `aioscope summary`. */
export interface SummaryOptions extends InputOptions {
  readonly json?: boolean;
}

/** `aioscope summary FILE…` */
export async function summary(files: readonly string[], options: SummaryOptions): Promise<void> {
  let whole: Summary | undefined;
  for (const { file, ...input } of resolveInputs(files, options)) {
    const bar = new ProgressBar(file);
    try {
      const part = await summarize(file, { ...input, onProgress: bar.update });
      whole = whole?.merge(part) ?? part;
    } finally {
      await bar.stop();
    }
  }
  if (whole === undefined) return;
  await write(options.json ? `${JSON.stringify(whole)}\n` : summaryText(whole.toJSON()));
}
