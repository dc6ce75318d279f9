// A button that copies text.
import { useEffect, useRef, useState } from 'preact/hooks';

/** How long it says that it did, in ms. */
const SAID = 1500;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied. */
  readonly what: string;
}

/** Absent where the browser gives no clipboard, as over plain HTTP. */
export function CopyButton({ text, what }: CopyButtonProps) {
  const [word, setWord] = useState('Copy');
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (navigator.clipboard === undefined) return null;
  const say = (said: string) => {
    setWord(said);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setWord('Copy'), SAID) as unknown as number;
  };
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => say('Copied'),
      () => say('Not copied'),
    );
  return (
    <button type="button" class="copy" onClick={copy}>
      <span aria-live="polite">{word}</span>
      <span class="hidden"> {what}</span>
    </button>
  );
}
