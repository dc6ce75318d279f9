const ESCAPE = /\\(?:([0-7]{1,3})|x([\da-f]{2})|([ntrvf"\\]))/g;
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' };

/** A text as C has it: bytes that are not ASCII are escaped one by one. */
export function unescaped(text: string): string {
  const bytes = text.replace(ESCAPE, (_, octal, hex, letter: string) => {
    if (letter !== undefined) return CONTROLS[letter] ?? letter;
    const code = octal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal, 8);
    return String.fromCharCode(code & 0xff);
  });
  // A path with other characters was not escaped byte by byte.
  if (/[^\0-\xff]/.test(bytes)) return bytes;
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
