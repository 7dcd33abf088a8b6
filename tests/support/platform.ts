/**
 * The three platforms as one: what the owner and a stranger do and see, each over its own protocol fake. Telegram is
 * the owner's direct chat, Slack a thread that a mention in a channel has opened, Discord slash commands in a server.
 */
export interface Platform {
  readonly name: 'Telegram' | 'Slack' | 'Discord';
  /** The word for it in the `ready` line. */
  readonly channel: string;
  readonly env: Readonly<Record<string, string>>;
  /** The owner says something to the agent, where the platform is used. */
  says(text: string): void;
  /** The owner uses the platform's own form of a command. */
  commands(name: string, argument?: string): void;
  /** The owner stops, by the platform's own way. */
  stops(): void;
  /** A message with something in it that must go. Tells whether it still stands. */
  pastes(text: string): { stands(): boolean };
  /** The agent's messages that the owner sees, in all places, oldest first. */
  messages(): Shown[];
  /** The agent's messages that a stranger sees. */
  seenByStranger(): Shown[];
  /** Presses a button; resolves when the platform has its acknowledgement, with what the presser was shown. */
  presses(message: Shown, label: string, by?: 'owner' | 'stranger'): Promise<string>;
  /** How a pasted key is answered there. */
  readonly pasteAnswer: string;
  /** Who is called by name, or all at once, by the markup of what the agent has said. */
  pings(): readonly string[];
  violations(): readonly string[];
  close(): Promise<void>;
}

export interface Shown {
  readonly id: string;
  readonly space: string;
  readonly text: string;
  readonly labels: readonly string[];
  /** Where a tap on each link leads, those that the platform makes by itself included. */
  readonly links: readonly string[];
  /** It came without sound or notification. */
  readonly silent: boolean;
  /** Versions it had before. */
  readonly edits: number;
}

/** A message that still shows work has `Stop` under it. */
export const isDone = (message: Shown): boolean => !message.labels.includes('Stop');
