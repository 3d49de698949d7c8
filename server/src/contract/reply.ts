/** An answer with more than a JSON body: headers, cookies, another status, text or a stream. */
export class Reply<Body = unknown> {
  readonly body: Body | undefined;
  readonly options: ReplyOptions;

  constructor(body: Body | undefined, options: ReplyOptions = {}) {
    this.body = body;
    this.options = options;
  }
}

/** What a {@link Reply} sets besides its body. */
export interface ReplyOptions {
  readonly status?: number;
  /** Header values; a list sends the header several times (`Set-Cookie`). */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent instead of the JSON body, as it is; set its `Content-Type` in `headers`. */
  readonly raw?: string | Buffer | NodeJS.ReadableStream;
}
