"use client";

import {
  FluentProvider,
  type GriffelRenderer,
  RendererProvider,
  SSRProvider,
  createDOMRenderer,
  renderToStyleElements,
} from "@fluentui/react-components";
import { useServerInsertedHTML } from "next/navigation";
import { type ReactNode, useState } from "react";
import { ZoneProvider } from "./zone";

type Props = {
  readonly nonce: string;
  /** The reader's zone as the browser told it last time; null on the first visit. */
  readonly zone: string | null;
  readonly children: ReactNode;
};

/** The colours stand in theme.css, where the first paint finds them; Fluent's own theme stays empty. */
const noTheme = {};

export function Providers({ nonce, zone, children }: Props) {
  const [renderer] = useState(() =>
    createDOMRenderer(undefined, { styleElementAttributes: { nonce } }),
  );
  const [newStyles] = useState(() => styleWriter(renderer));
  useServerInsertedHTML(newStyles);
  return (
    <RendererProvider renderer={renderer} {...browserDocument()}>
      <SSRProvider>
        <FluentProvider theme={noTheme}>
          <ZoneProvider zone={zone}>{children}</ZoneProvider>
        </FluentProvider>
      </SSRProvider>
    </RendererProvider>
  );
}

/** Every flush of the stream may bring rules that the one before did not know. */
function styleWriter(renderer: GriffelRenderer): () => ReactNode {
  let written = 0;
  return () => {
    const rules = Object.keys(renderer.insertionCache).length;
    if (rules === written) return null;
    written = rules;
    return <>{renderToStyleElements(renderer)}</>;
  };
}

/** The server has none, and must not say so with an undefined. */
function browserDocument(): { readonly targetDocument?: Document } {
  return typeof document === "undefined" ? {} : { targetDocument: document };
}
