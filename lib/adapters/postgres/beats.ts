/** SQL: a beat that this clock can have written; before it was set back only the dead beat for the last time. */
export const isBelievable = `"beatAt" <= clock_timestamp() + interval '20 seconds'`;

/** SQL: when any worker was last seen. */
export const newestBeat = `SELECT max("beatAt") AS "at" FROM "WorkerBeat" WHERE ${isBelievable}`;
