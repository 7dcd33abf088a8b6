/** `1 approval`, `3 processes`. */
export const count = (number: number, word: string, plural = `${word}s`): string =>
  `${number} ${number === 1 ? word : plural}`;
