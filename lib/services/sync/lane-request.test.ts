import { expect, test } from "vitest";
import { createPace, exchangeLimits } from "@/lib/core/pacing";
import { createSlots } from "./concurrency";
import { pacedRequest, request } from "./lane-request";

type Turn = Parameters<typeof request>[0];

const place = { connectorId: "connector", bytes: 0 };

/** A turn of which only what a request asks is there. */
function turnThat(holds: boolean): Turn {
  const { signal } = new AbortController();
  const clock = { now: () => new Date(0) };
  const turn: Partial<Turn> = {
    parts: { graphSlots: createSlots(1), clock } as Turn["parts"],
    pace: createPace(exchangeLimits, []),
    signal,
    signalOf: () => signal,
    rests: () => false,
    holds: () => holds,
  };
  return turn as Turn;
}

test.each([
  ["a look or a deletion", (turn: Turn, ask: () => Promise<void>) => request(turn, ask)],
  ["a part of a message", (turn: Turn, ask: () => Promise<void>) => pacedRequest(turn, place, ask)],
])("%s is not sent by a holder whose lease has run out", async (_name, send) => {
  let sent = 0;
  const ask = async () => {
    sent += 1;
  };
  await send(turnThat(true), ask);
  await expect(send(turnThat(false), ask)).rejects.toMatchObject({ code: "Interrupted" });
  expect(sent).toBe(1);
});
