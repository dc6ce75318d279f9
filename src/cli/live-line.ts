// One line on the terminal that is overwritten while a command runs.
import { clearLine, cursorTo } from 'node:readline';

/** A line on standard error; nothing where that is not a terminal. */
export class LiveLine {
  readonly #isShown: boolean;
  #isDrawn = false;

  constructor(isShown: boolean) {
    this.#isShown = isShown && process.stderr.isTTY === true;
  }

  draw(text: string): void {
    if (!this.#isShown) return;
    this.clear();
    // A line that wraps could not be overwritten.
    process.stderr.write(text.slice(0, (process.stderr.columns ?? 80) - 1));
    this.#isDrawn = true;
  }

  clear(): void {
    if (!this.#isDrawn) return;
    cursorTo(process.stderr, 0);
    clearLine(process.stderr, 0);
    this.#isDrawn = false;
  }
}
