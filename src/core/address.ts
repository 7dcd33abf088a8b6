/** A platform's name in the gateway: an opaque word, never a reason to behave differently. */
export type ChannelId = string;

/** A stable, platform-given account id. Never a name: names change hands. */
export type UserId = string;

/** Where a conversation takes place. `space` is the platform's chat or channel id, `thread` a thread in it. */
export interface Address {
  readonly channel: ChannelId;
  readonly space: string;
  readonly thread?: string;
  /** True where only the owner and the agent can read: secret links and files may go there. */
  readonly direct: boolean;
}

export interface AttachmentRef {
  /** The platform's id of the file, enough to download it later. */
  readonly fileId: string;
  /** As the sender named it: hostile until cleaned. */
  readonly name: string;
  readonly mimeType?: string;
  readonly size?: number;
  readonly kind: 'image' | 'audio' | 'file';
}
