import { createPostgresBackend } from "bullmq";

/** As long as an idle worker waits for word before it looks by itself. */
const longestWaitSeconds = 5;

/**
 * BullMQ's backend, mended where its worker waits for a job. A connection that is cut in the moment it
 * begins to listen passes for one that listens, and on those after it nobody does: so each wait begins
 * with it anew. And once a wait has failed, the next would last up to an hour.
 */
export const createListeningBackend: typeof createPostgresBackend = (...options) => {
  const backend = createPostgresBackend(...options);
  const waitForJob = backend.waitForJob.bind(backend);
  backend.waitForJob = async (seconds) => {
    await backend.reconnectBlocking();
    return waitForJob(Math.min(seconds, longestWaitSeconds));
  };
  return backend;
};
