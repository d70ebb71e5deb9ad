/** The parser brings no types. This is what the tests use of it. */
declare module "mailparser" {
  type Person = { readonly name: string; readonly address: string };

  export type ParsedMail = {
    readonly messageId?: string;
    readonly inReplyTo?: string;
    readonly references?: string | readonly string[];
    readonly date: Date;
    readonly subject: string;
    readonly from: { readonly text: string; readonly value: readonly Person[] };
    readonly to?: { readonly value: readonly Person[] };
    readonly text?: string;
    readonly html?: string | false;
    readonly headers: ReadonlyMap<string, unknown>;
    readonly attachments: readonly {
      readonly filename?: string;
      readonly contentType: string;
      readonly content: Buffer;
      readonly size: number;
    }[];
  };

  export function simpleParser(source: Buffer | string, options?: object): Promise<ParsedMail>;
}
