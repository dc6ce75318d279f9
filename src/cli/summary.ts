import { type Summary, summarize } from '../node.ts';
import { type InputOptions, openInput, resolveInputs, untilInterrupted } from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { summaryText } from './summary-text.ts';

/** The options of `aioscope summary`. */
export interface SummaryOptions extends InputOptions {
  readonly json?: boolean;
  readonly follow?: boolean;
}

/** `aioscope summary FILE…` */
export async function summary(files: readonly string[], options: SummaryOptions): Promise<void> {
  let whole: Summary | undefined;
  const follow = options.follow ? untilInterrupted() : undefined;
  for (const input of resolveInputs(files, options)) {
    const { source, format } = await openInput(input, follow);
    const bar = new ProgressBar(input.file);
    try {
      const part = await summarize(source, { ...format, engine: options.engine, compression: 'none', onProgress: bar.update });
      whole = whole?.merge(part) ?? part;
    } finally {
      await bar.stop();
    }
  }
  if (whole === undefined) return;
  await write(options.json ? `${JSON.stringify(whole)}\n` : summaryText(whole.toJSON()));
}
