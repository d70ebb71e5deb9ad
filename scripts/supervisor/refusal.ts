/** What stops a start and can be mended by whoever started it: one sentence, no stack. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
