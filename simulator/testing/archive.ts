import { expect } from "vitest";
import { Harness, world, type Answer } from "./harness";

export const hour = 3_600_000;
export const start = Date.UTC(2026, 4, 15);
export const iso = (at: number) => new Date(at).toISOString();

export const record = (id: string, minute: number, more: Record<string, unknown> = {}) => ({
  id,
  revision: "1",
  gatewayReceivedDate: iso(start + minute * 60_000),
  networkType: "WhatsApp",
  ...more,
});

export const many = (count: number) =>
  Array.from({ length: count }, (_, index) => record(`r${index}`, index));

export type Page = {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
};

/** The archive interface, read by somebody who is signed in to it. */
export class Archive {
  token = "";

  private constructor(readonly harness: Harness) {}

  static async start(): Promise<Archive> {
    return new Archive(await Harness.open());
  }

  async fill(records: unknown[], attachments = {}): Promise<void> {
    await this.hold({ records, attachments });
  }

  /** An account that has this. */
  async hold(more: object): Promise<void> {
    await this.harness.putWorld({ telemessage: { ...world().telemessage, ...more } });
    this.token = await this.signIn();
  }

  async signIn(): Promise<string> {
    const answer = await this.harness.signInToTelemessage("archive@contoso.com", "secret");
    expect(answer.status).toBe(200);
    return answer.json<{ token: string }>().token;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.harness.telemessage(path, this.token, headers);
  }

  items(query: Record<string, string>): Promise<Answer> {
    const parameters = new URLSearchParams({
      service: "whatsapp",
      from: iso(start),
      to: iso(start + hour),
      ...query,
    });
    return this.get(`/v1/archive/items?${parameters}`);
  }

  async page(query: Record<string, string>): Promise<Page> {
    const answer = await this.items(query);
    expect(answer.status).toBe(200);
    return answer.json<Page>();
  }

  /** All pages of the window, as lists of ids. */
  async pages(query: Record<string, string>): Promise<string[][]> {
    const all: string[][] = [];
    let cursor: string | null = null;
    do {
      const next: Page = await this.page(cursor === null ? query : { ...query, cursor });
      all.push(next.items.map(({ id }) => id));
      cursor = next.nextCursor;
    } while (cursor !== null);
    return all;
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}
