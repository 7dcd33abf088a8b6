/**
 * What harmful files and commands must hold, as data. A rule is met when every one of its `all` patterns is found and
 * none of `none`. Each pattern is linear: no open repetition before a rare end.
 */
export interface OutputRule {
  readonly rule: string;
  readonly what: string;
  readonly all: readonly RegExp[];
  readonly none?: readonly RegExp[];
}

export const rule = (name: string, what: string, all: readonly RegExp[], none?: readonly RegExp[]): OutputRule =>
  none === undefined ? { rule: name, what, all } : { rule: name, what, all, none };
