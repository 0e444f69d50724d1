import { createHash } from 'node:crypto';

/** A Lua script: what the server runs in one piece, with nothing in between. */
export class RedisScript {
  private digest: string | null = null;

  constructor(readonly lua: string) {}

  /** What the server knows it by, once it has run it. */
  get sha(): string {
    return (this.digest ??= createHash('sha1').update(this.lua).digest('hex'));
  }
}
