"use client";

import { useEffect, useRef, useState } from "react";
import { reportWorker } from "@/components/shell/worker-bar";

/** What the stream of a page sends: its data, and whether anybody works on it. */
export type ProgressMessage<Data> = {
  /** null: what the page shows is no longer there. */
  readonly data: Data | null;
  readonly isWorkerSilent: boolean;
};

export type Connection = "live" | "reconnecting" | "ended" | "gone";

/**
 * The page's one stream. It begins with what the server rendered, follows what is sent, and says when
 * it does not: figures that stand still must not look like figures that are current.
 */
export function useProgress<Data>(
  address: string,
  rendered: Data,
): { readonly data: Data; readonly connection: Connection } {
  const [received, setReceived] = useState<{ data: Data; after: Data } | null>(null);
  const [connection, setConnection] = useState<Connection>("live");
  const newest = useRef(rendered);
  useEffect(() => {
    newest.current = rendered;
  }, [rendered]);

  useEffect(() => {
    const stream = new EventSource(address);
    stream.onopen = () => setConnection("live");
    stream.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as ProgressMessage<Data>;
      reportWorker(message.isWorkerSilent);
      if (message.data === null) {
        setConnection("gone");
        stream.close();
      } else {
        setReceived({ data: message.data, after: newest.current });
      }
    };
    stream.onerror = () =>
      setConnection(stream.readyState === EventSource.CLOSED ? "ended" : "reconnecting");
    return () => stream.close();
  }, [address]);

  // What the server rendered after an action is newer than what the stream had sent before it.
  return { data: received?.after === rendered ? received.data : rendered, connection };
}
