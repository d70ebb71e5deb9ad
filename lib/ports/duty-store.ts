/** Work that comes round from time to time, done by one process at a time. */
export type DutyStore = {
  /**
   * True for the one process that may do it now: it was last done `everyMs` ago or more (null: never)
   * and nobody holds it. A holder that dies loses it after `leaseMs`. What lies ahead by more than
   * `aheadMs` was written before the clock was set back, and counts as over.
   */
  takeDuty(
    tenantId: string,
    duty: {
      readonly name: string;
      readonly everyMs: number;
      readonly leaseMs: number;
      readonly aheadMs: number;
    },
    holder: string,
  ): Promise<boolean>;
  /** False when somebody else took it meanwhile: whoever holds it no more stops. */
  renewDuty(tenantId: string, name: string, holder: string, leaseMs: number): Promise<boolean>;
  /** @param waitMs of one that was not done: how long nobody takes it again */
  endDuty(
    tenantId: string,
    name: string,
    holder: string,
    end: { readonly isDone: true } | { readonly isDone: false; readonly waitMs: number },
  ): Promise<void>;
};
