/** What a stop word stops. `turn`: what runs now; `all`: everything in this conversation; a number: that job. */
export type StopWhat =
  | { readonly kind: 'turn' }
  | { readonly kind: 'all' }
  | { readonly kind: 'job'; readonly job: number };

/** A message that is nothing but a stop word is taken ahead of any queue and never reaches the model. */
export function stopWord(text: string): StopWhat | null {
  const match = /^\s*\/?stop(?:\s+(?<what>.*?))?\s*$/isu.exec(text);
  return match ? stopArgument(match.groups?.what ?? '') : null;
}

/** The argument of `/stop`; null when it is none of the three. */
export function stopArgument(argument: string): StopWhat | null {
  const what = argument.trim().toLowerCase();
  if (what === '' || what === 'turn') return { kind: 'turn' };
  if (what === 'all') return { kind: 'all' };
  const job = /^job\s+#?(?<number>\d{1,9})$/.exec(what)?.groups?.number;
  return job === undefined ? null : { kind: 'job', job: Number(job) };
}
