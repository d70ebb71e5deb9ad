/** Which items of a run are shown, and from where on. */
export type ItemFilter = {
  readonly outcome: string | null;
  readonly search: string | null;
  readonly after: string | null;
};
