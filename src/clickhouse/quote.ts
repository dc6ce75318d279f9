// Names and texts as ClickHouse's SQL quotes them.

/** Quotes a name. */
export const quoteName = (name: string): string => `\`${name}\``;

/** Quotes a text. */
export const quoteText = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
