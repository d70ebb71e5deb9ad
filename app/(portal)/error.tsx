"use client";

import { BrokenPage } from "@/components/shell/broken-page";

type Props = {
  readonly error: Error & { readonly digest?: string };
  readonly retry: () => void;
};

/** Inside the frame, so that everything else stays within reach. */
export default function ErrorPage({ error, retry }: Props) {
  return <BrokenPage error={error} retry={retry} />;
}
