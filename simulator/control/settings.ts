import { json, noContent } from "../http/reply";
import type { Quota } from "../state/throttle";
import type { ControlHandler } from "./handler";
import { count, given, object, optional, orNull, readJson, required, type Reader } from "./read";

export const deleteConsent: ControlHandler = ({ world }) => {
  world.entra.withdrawConsent();
  return noContent;
};

export const patchLatency: ControlHandler = (simulation, request) => {
  const body = object(readJson(request), "The body");
  simulation.latency = {
    ...simulation.latency,
    ...given({
      graph: optional(body, "graph", "", count),
      telemessage: optional(body, "telemessage", "", count),
    }),
  };
  return json(200, simulation.latency);
};

/** A limit that is not named stays; one that is `null` is off. */
export const putLimits: ControlHandler = ({ throttle }, request) => {
  const body = object(readJson(request), "The body");
  throttle.set({
    ...throttle.limits,
    ...given({
      concurrent: optional(body, "concurrent", "", orNull(count)),
      requests: optional(body, "requests", "", orNull(quota)),
      bytes: optional(body, "bytes", "", orNull(quota)),
    }),
  });
  return json(200, throttle.limits);
};

const quota: Reader<Quota> = (value, where) => {
  const body = object(value, where);
  return {
    count: required(body, "count", where, count),
    seconds: required(body, "seconds", where, count),
  };
};
