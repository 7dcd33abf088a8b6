import {
  type AndOr,
  type Assignment,
  type Command,
  type CommandNode,
  type CompoundList,
  forEachChild,
  type ParsedScript,
  type Pipeline,
  parse,
  type Redirection,
  type Statement,
  type SyntaxNode,
  type Word,
} from 'unbash';
import { assign } from './assign.js';
import { execute } from './execute.js';
import { arithmeticText, expandText, expandWord } from './expand.js';
import type { Expansion } from './expansion.js';
import { isEndless, startsWithoutEnd, succeeds } from './loops.js';
import { type Finding, Input, type Invocation, type InvocationIo, type Machine, type Write } from './machine.js';
import { ANY, isLiteral, isUnknown, NET, shown, unknownFrom } from './marks.js';
import { Notes } from './notes.js';
import { fileText, isRedirection, keepOutput, openRedirects } from './redirects.js';
import { ShellState } from './state.js';

const MAX_DEPTH = 14;
const MAX_LINES = 64;
const [MAX_WORDS, MAX_DOUBTS] = [512, 3];

/** Thrown when a text has used up the steps that its length allows. */
export class Exhausted extends Error {}

/**
 * Walks a shell text as the shell would run it, with known values filled in, and shows each program that would run to
 * the rules. Loops run once for each known item, branches all run; what differs between them is unknown afterwards.
 * Invariant: nothing is executed, no file is looked at, and the work is bounded by the length of the text.
 */
export class Walker implements Machine {
  /** Every simple command met, with `…` for what is unknown. */
  readonly words: string[][] = [];
  readonly #rules: (invocation: Invocation) => readonly Omit<Finding, 'command'>[];
  readonly notes = new Notes();
  #steps: number;
  #depth = 0;
  #files = 0;
  #doubts = 0;
  /** How many pipes and backgrounds, and how many conditions, we are inside of. */
  #spawned = 0;
  #conditions = 0;
  readonly #calls: { readonly key: unknown; readonly spawned: number; readonly conditions: number }[] = [];

  constructor(length: number, rules: (invocation: Invocation) => readonly Omit<Finding, 'command'>[]) {
    this.#steps = 100_000 + length * 4;
    this.#rules = rules;
  }

  note(effect: Finding['effect'], rule: string, reason: string, words: readonly string[]): void {
    this.notes.add(effect, rule, reason, words);
  }

  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new Exhausted();
  }

  text(source: string, state: ShellState, input: Input, words: readonly string[]): string {
    if (source.includes(NET)) {
      this.note('deny', 'net.pipe', 'runs what the network sends', words);
    } else if (isUnknown(source)) {
      this.note('ask', 'unclear.text', 'runs a text that cannot be seen beforehand', words);
    }
    this.spend(source.length / 4 + 4);
    if (this.#depth >= MAX_DEPTH) {
      this.note('ask', 'unclear.depth', 'is nested deeper than can be followed', words);
      return ANY;
    }
    this.#depth++;
    const output = this.run(parse(source), state, input);
    this.#depth--;
    return output;
  }

  run(script: ParsedScript, state: ShellState, input: Input): string {
    if ((script.errors?.length ?? 0) > 0) this.note('ask', 'unclear.syntax', 'is not a complete shell command', []);
    return this.#statements(script.commands, state, input);
  }

  execute(words: readonly string[], state: ShellState, input: Input, io: Partial<InvocationIo> = {}): string {
    this.spend(10 + words.length);
    if (this.#depth >= MAX_DEPTH) {
      this.note('ask', 'unclear.depth', 'is nested deeper than can be followed', words.slice(0, 8));
      return ANY;
    }
    this.#depth++;
    const output = execute({
      words,
      state,
      input,
      io: {
        writes: io.writes ?? [],
        reads: io.reads ?? [],
        missing: io.missing ?? [],
        external: io.external ?? false,
        assigned: io.assigned ?? [],
      },
      machine: this,
      rules: (invocation) => {
        for (const { effect, rule, reason } of this.#rules(invocation))
          this.note(effect, rule, reason, invocation.words);
      },
      met: (all) => {
        if (this.words.length < MAX_WORDS) this.words.push(all.map(shown));
      },
      call: (key, name, body) => this.#call(key, name, body),
      functionBody: (name) => {
        const body = state.functions.get(name);
        return body === undefined ? null : { key: body, run: () => this.#body(body, state, input) };
      },
    });
    this.#depth--;
    return output;
  }

  doubt(follow: () => void): Finding['effect'] | null {
    if (this.#doubts >= MAX_DOUBTS) return null;
    const words = this.words.length;
    this.#doubts++;
    const found = this.notes.aside(follow);
    this.#doubts--;
    this.words.length = words;
    // What is no shell text at all is not understood either; that says nothing.
    const known = found.filter(({ rule }) => rule === 'unclear.argument' || !rule.startsWith('unclear.'));
    return known.some(({ effect, rule }) => effect === 'deny' || rule === 'unclear.argument')
      ? 'deny'
      : known.length > 0
        ? 'ask'
        : null;
  }

  file(path: string, state: ShellState): string {
    return fileText(path, state);
  }

  /** A copy of the state: a subshell, or a branch that may not be taken. */
  #fork(state: ShellState): ShellState {
    this.spend(1 + state.size);
    return new ShellState(state);
  }

  /** Enters a function or file; one that is in work already is not entered again. */
  #call(key: unknown, name: string, body: () => string): string {
    const active = this.#calls.findLast((call) => call.key === key);
    if (active !== undefined) {
      if (this.#spawned > active.spawned) {
        const effect = this.#conditions === active.conditions ? 'deny' : 'ask';
        this.note(effect, 'bomb.fork', 'starts itself again and again until the box stands still', [name]);
      }
      return ANY;
    }
    this.#calls.push({ key, spawned: this.#spawned, conditions: this.#conditions });
    const output = body();
    this.#calls.pop();
    return output;
  }

  #statements(statements: readonly Statement[], state: ShellState, input: Input): string {
    let output = '';
    for (const statement of statements) {
      const { command, background } = statement;
      if (background === true) {
        this.#spawned++;
        output += this.#node(command, this.#fork(state), new Input(null));
        this.#spawned--;
      } else output += this.#node(command, state, input);
    }
    return output;
  }

  #body(body: CommandNode | CompoundList, state: ShellState, input: Input): string {
    return body.type === 'CompoundList' ? this.#list(body, state, input) : this.#node(body, state, input);
  }

  #list(list: CompoundList, state: ShellState, input: Input): string {
    return this.#statements(list.commands, state, input);
  }

  /** A part that may or may not run. */
  #maybe(state: ShellState, part: (branch: ShellState) => string): string {
    const branch = this.#fork(state);
    this.#conditions++;
    const output = part(branch);
    this.#conditions--;
    state.join(branch);
    return output;
  }

  #node(node: CommandNode | Pipeline | AndOr, state: ShellState, input: Input): string {
    this.spend(1);
    switch (node.type) {
      case 'Command':
        return this.#command(node, state, input);
      case 'Pipeline':
        return this.#pipeline(node, state, input);
      case 'AndOr':
        return this.#andOr(node, state, input);
      case 'Redirected':
        return this.#redirected(node.redirects, state, input, (inner) => this.#node(node.command, state, inner));
      case 'Subshell':
        return this.#list(node.body, this.#fork(state), input);
      case 'BraceGroup':
        return this.#list(node.body, state, input);
      case 'If': {
        let output = this.#list(node.clause, state, input);
        output += this.#maybe(state, (branch) => this.#list(node.then, branch, input));
        for (const { clause, then } of node.elif) {
          output += this.#maybe(state, (branch) => this.#list(clause, branch, input) + this.#list(then, branch, input));
        }
        const otherwise = node.else;
        if (otherwise !== undefined) output += this.#maybe(state, (branch) => this.#list(otherwise, branch, input));
        return output;
      }
      case 'For':
      case 'Select':
        return this.#for(node.name.value, node.wordlist, node.body, state, input);
      case 'While':
        return this.#while(node.kind, node.clause, node.body, state, input);
      case 'ArithmeticFor': {
        for (const part of [node.initialize, node.test, node.update]) arithmeticText(part, this.#expansion(state, []));
        if (node.test === undefined && startsWithoutEnd(node.body)) this.#endless();
        return this.#maybe(state, (branch) => this.#list(node.body, branch, input));
      }
      case 'Case': {
        expandText(node.word, this.#expansion(state, []));
        let output = '';
        for (const { body } of node.items) output += this.#maybe(state, (branch) => this.#list(body, branch, input));
        return output;
      }
      case 'Function':
        state.functions.set(node.name.value, node.body);
        return '';
      case 'Coproc':
        return this.#body(node.body, this.#fork(state), new Input(ANY));
      case 'TestCommand':
      case 'ArithmeticCommand':
        forEachChild(node, (child) => this.#inside(child, state));
        return '';
    }
  }

  /** Substitutions inside tests and arithmetic run too. */
  #inside(node: SyntaxNode, state: ShellState): void {
    this.spend(1);
    if (node.type === 'Word') expandText(node, this.#expansion(state, []));
    else if (node.type === 'CommandExpansion' || node.type === 'ProcessSubstitution') {
      this.#expansion(state, []).capture(node.script, '$');
    } else forEachChild(node, (child) => this.#inside(child, state));
  }

  #pipeline(node: Pipeline, state: ShellState, input: Input): string {
    if (node.commands.length === 1 && node.commands[0] !== undefined) return this.#node(node.commands[0], state, input);
    let flow = input;
    let output = '';
    this.#spawned++;
    for (const command of node.commands) {
      output = this.#node(command, this.#fork(state), flow);
      flow = new Input(output);
    }
    this.#spawned--;
    return output;
  }

  #andOr(node: AndOr, state: ShellState, input: Input): string {
    const [first, ...others] = node.commands;
    if (first === undefined) return '';
    let output = this.#node(first, state, input);
    const certain = others.length === 1 && node.operators[0] === '&&' && succeeds(first);
    const branch = certain ? state : this.#fork(state);
    this.#conditions++;
    for (const [index, command] of others.entries()) {
      if (node.operators[index] === '||') output += this.#maybe(branch, (inner) => this.#node(command, inner, input));
      else output += this.#node(command, branch, input);
    }
    this.#conditions--;
    if (!certain) state.join(branch);
    return output;
  }

  #for(name: string, list: readonly Word[] | undefined, body: CompoundList, state: ShellState, input: Input): string {
    const expansion = this.#expansion(state, []);
    const items = list === undefined ? state.args : list.flatMap((word) => expandWord(word, expansion));
    const each = (inside: ShellState) => {
      let output = '';
      for (const item of new Set(items)) {
        inside.set(name, [item]);
        output += this.#list(body, inside, input);
      }
      return output;
    };
    // A pattern, or a list that cannot be known, may leave nothing to do.
    return items.length > 0 && items.every(isLiteral) ? each(state) : this.#maybe(state, each);
  }

  #while(kind: 'while' | 'until', clause: CompoundList, body: CompoundList, state: ShellState, input: Input): string {
    if (isEndless(kind, clause) && startsWithoutEnd(body)) this.#endless();
    let output = '';
    const known = input.text !== null && !isUnknown(input.text);
    for (let round = 0; round < (known ? MAX_LINES : 1); round++) {
      const before = input.text;
      this.#list(clause, state, input);
      if (known && before === '') break;
      output += this.#maybe(state, (branch) => this.#list(body, branch, input));
      if (input.text === before) break;
    }
    // Once more with what the first rounds may have left behind.
    output += this.#maybe(state, (branch) => this.#list(body, branch, new Input(input.text === null ? null : ANY)));
    return output;
  }

  #endless(): void {
    this.note('deny', 'bomb.loop', 'starts processes without end', []);
  }

  #command(node: Command, state: ShellState, input: Input): string {
    const missing: string[] = [];
    const expansion = this.#expansion(state, missing);
    const sources = [...(node.name === undefined ? [] : [node.name]), ...node.suffix];
    const words = sources.flatMap((part) => {
      const fields = part.type === 'Word' ? expandWord(part, expansion) : [];
      if (part === node.name && missing.length > 0) {
        this.note('ask', 'unclear.program', `has $${missing[0]} in its program's place, which is not set here`, fields);
      }
      return part.type === 'Assignment' ? [this.#assignmentText(part, state, expansion)] : fields;
    });
    const redirects = [...node.prefix, ...node.suffix].filter(isRedirection);
    const assignments = node.prefix.filter((part) => part.type === 'Assignment');
    return this.#redirected(redirects, state, input, (inner, writes, reads) => {
      const before = new Map(assignments.map(({ name }) => [name, state.variables.get(name)]));
      for (const assignment of assignments) assign(assignment, expansion);
      const output = this.execute(words, state, inner, { writes, reads, missing, assigned: [...before.keys()] });
      if (words.length > 0) {
        for (const [name, values] of before) {
          if (values === undefined) state.variables.delete(name);
          else state.variables.set(name, values);
        }
        state.last = words.at(-1) ?? '';
      }
      return output;
    });
  }

  /** `export x=…`: the builtin gets one word; arrays are set right here. */
  #assignmentText(assignment: Assignment, state: ShellState, expansion: Expansion): string {
    assign(assignment, expansion);
    const { name, value } = assignment;
    return value.type === 'ArrayValue' ? name : `${name}=${state.get(name)[0] ?? ''}`;
  }

  #redirected(
    redirects: readonly Redirection[],
    state: ShellState,
    input: Input,
    inner: (input: Input, writes: readonly Write[], reads: readonly string[]) => string,
  ): string {
    const expansion = this.#expansion(state, []);
    const io = openRedirects(redirects, input, {
      text: (word) => expandText(word, expansion),
      file: (path) => this.file(path, state),
    });
    return keepOutput(io, state, inner(io.stdin, io.writes, io.reads));
  }

  #expansion(state: ShellState, missing: string[]): Expansion {
    return {
      state,
      capture: (script, operator) => {
        if (script === undefined) return ANY;
        if (this.#depth >= MAX_DEPTH) {
          this.note('ask', 'unclear.depth', 'is nested deeper than can be followed', []);
          return ANY;
        }
        this.#depth++;
        const output = this.run(script, this.#fork(state), new Input(operator === '>' ? ANY : null));
        this.#depth--;
        if (operator === '$') return isUnknown(output) && output.length > 4_096 ? unknownFrom(output) : output;
        const path = `/dev/fd/${this.#files++}`;
        state.files.set(path, operator === '<' ? output : '');
        return path;
      },
      missing: (name) => {
        missing.push(name);
      },
      spend: (steps) => this.spend(steps),
    };
  }
}
