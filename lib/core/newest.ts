/** What was learnt lately, by key: of so many the oldest is forgotten first. */
export type Newest<V> = {
  readonly get: (key: string) => V | undefined;
  readonly set: (key: string, value: V) => void;
};

export function newest<V>(most: number): Newest<V> {
  const kept = new Map<string, V>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => {
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size >= most && !kept.has(key)) kept.delete(oldest);
      kept.set(key, value);
    },
  };
}
