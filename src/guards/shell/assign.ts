import type { Assignment } from 'unbash';
import { expandText, expandWord } from './expand.js';
import type { Expansion } from './expansion.js';
import { ANY, unknownFrom } from './marks.js';

const MAX_GAP = 64;
const MAX_VALUE = 65_536;

/** `x=…`, `x+=…`, `x=(…)`, `x[1]=…`: a variable gets what is known of its value. */
export function assign(assignment: Assignment, expansion: Expansion): void {
  const { state } = expansion;
  const { name, value, append } = assignment;
  if (value.type === 'ArrayValue') {
    const items = value.elements.flatMap((word) => expandWord(word, expansion));
    const all = append === true ? [...state.get(name), ...items] : items;
    expansion.spend(all.length);
    state.set(name, all);
    return;
  }
  const text = expandText(value, expansion);
  if (assignment.index === undefined) {
    const whole = append === true ? (state.get(name)[0] ?? '') + text : text;
    expansion.spend(whole.length / 64);
    state.set(name, [whole.length > MAX_VALUE ? unknownFrom(whole) : whole]);
    return;
  }
  const at = Number(expandText(assignment.index, expansion));
  const values = [...state.get(name)];
  if (Number.isInteger(at) && at >= 0 && at <= values.length + MAX_GAP) values[at] = text;
  else values.push(ANY);
  expansion.spend(values.length);
  state.set(
    name,
    Array.from(values, (item) => item ?? ''),
  );
}
