import type { Reply, Request } from "../http/reply";
import type { Simulation } from "../simulation";

export type ControlHandler = (
  simulation: Simulation,
  request: Request,
  params: Readonly<Record<string, string>>,
) => Promise<Reply> | Reply;
