/**
 * The conversation as the model sees it, in a form of our own: model clients translate it to their provider's wire
 * form. History is append-only: a stored message never changes.
 */
export type ModelMessage = UserMessage | AssistantMessage;

export interface UserMessage {
  readonly role: 'user';
  /** Either tool results alone, or text and images: the two never share a message. */
  readonly content: readonly UserPart[];
}

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: readonly AssistantPart[];
}

export type UserPart = TextPart | ImagePart | ToolResultPart;
export type AssistantPart = TextPart | ToolCallPart;

export interface TextPart {
  readonly type: 'text';
  readonly text: string;
}

export interface ImagePart {
  readonly type: 'image';
  readonly mimeType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  /** Base64, without a prefix. */
  readonly data: string;
}

export interface ToolCallPart {
  readonly type: 'tool_call';
  readonly callId: string;
  readonly name: string;
  /** As the model gave it, not yet validated. */
  readonly input: unknown;
}

export interface ToolResultPart {
  readonly type: 'tool_result';
  readonly callId: string;
  readonly text: string;
  readonly isError: boolean;
}

/** A rough count that every limit in this product uses: a token is 4 characters. */
export function estimateTokens(value: string): number {
  return Math.ceil(value.length / 4);
}

/** The text of a message, its parts joined by line ends. */
export function messageText(message: ModelMessage): string {
  return message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}
