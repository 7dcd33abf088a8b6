/**
 * What a command printed, within bounds: the beginning, where a build says what it does, and the end, where it says
 * how it went. Memory is bounded whatever comes.
 */
export class BoundedOutput {
  readonly #headLimit: number;
  readonly #tailLimit: number;
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headSize = 0;
  #tailSize = 0;
  #total = 0;

  /** `limit` in bytes: a quarter for the beginning, the rest for the end. */
  constructor(limit: number) {
    this.#headLimit = Math.floor(limit / 4);
    this.#tailLimit = limit - this.#headLimit;
  }

  add(chunk: Buffer): void {
    this.#total += chunk.length;
    const room = this.#headLimit - this.#headSize;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.#head.push(part);
      this.#headSize += part.length;
    }
    if (chunk.length <= room) return;
    const part = chunk.subarray(Math.max(0, room));
    this.#tail.push(part);
    this.#tailSize += part.length;
    while (this.#tailSize - (this.#tail[0]?.length ?? 0) >= this.#tailLimit) {
      this.#tailSize -= this.#tail.shift()?.length ?? 0;
    }
  }

  text(): string {
    const head = Buffer.concat(this.#head);
    const kept = Buffer.concat(this.#tail);
    const tail = kept.subarray(Math.max(0, kept.length - this.#tailLimit));
    const left = this.#total - head.length - tail.length;
    if (left === 0) return Buffer.concat([head, tail]).toString('utf8');
    return `${head.toString('utf8')}\n[… ${left} bytes left out …]\n${tail.toString('utf8')}`;
  }
}
