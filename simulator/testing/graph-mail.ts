import { expect } from "vitest";
import { Harness, messageBody, type Answer } from "./harness";

export type Message = Record<string, unknown> & { readonly id: string };

export const ann = "/users/ann@contoso.com";
export const inbox = `${ann}/mailFolders/inbox/messages`;

/** Mailboxes as the application meets them whose consent was granted, in a world of each test's own. */
export class GraphMail {
  token = "";

  private constructor(readonly harness: Harness) {}

  static async start(): Promise<GraphMail> {
    return new GraphMail(await Harness.open());
  }

  /** Another world, and a token of it. */
  async renew(): Promise<void> {
    await this.harness.putWorld();
    this.token = await this.harness.consentedToken();
  }

  /** By the simulator's clock as it is now. */
  async renewToken(): Promise<void> {
    this.token = await this.harness.token();
  }

  ask(path: string, asking: Parameters<Harness["graph"]>[2] = {}): Promise<Answer> {
    return this.harness.graph(path, this.token, asking);
  }

  create(body: unknown, path = inbox, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: "POST", body, headers });
  }

  async createdId(body: unknown, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.create(body, inbox, headers);
    expect(answer.status).toBe(201);
    return answer.json<Message>().id;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { headers });
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}

export async function codeOf(answer: Promise<Answer>): Promise<[number, string]> {
  const { status, json } = await answer;
  return [status, json<{ error: { code: string } }>().error.code];
}

export function withProperty(id: string, value: unknown): unknown {
  return messageBody("k", { singleValueExtendedProperties: [{ id, value }] });
}
