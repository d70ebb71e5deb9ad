/** Enum words of the schema (UPPER_SNAKE) and of the code (lower camel case), both ways. */

export function toColumn(word: string): string {
  return word.replace(/[A-Z]/g, "_$&").toUpperCase();
}

export function fromColumn<Word extends string>(column: string): Word {
  return column
    .toLowerCase()
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as Word;
}
