import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import type { ReactNode } from "react";
import { Arrival } from "@/components/shell/arrival";
import { Providers } from "@/components/shell/providers";
import { isTimeZone } from "@/lib/core/schedule";
import { zoneCookie } from "./_server/cookies";
import { nonceHeader } from "./_server/headers";
import "./theme.css";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "WhatsApp Archiver connector", template: "%s - WhatsApp Archiver connector" },
  description: "Archives WhatsApp data from TeleMessage in Microsoft 365 mailboxes.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "light dark",
};

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const nonce = (await headers()).get(nonceHeader) ?? "";
  const zone = (await cookies()).get(zoneCookie)?.value ?? "";
  return (
    <html lang="en">
      <body>
        <Providers nonce={nonce} zone={isTimeZone(zone) ? zone : null}>
          <a href="#main" className="skip-link">
            Skip to content
          </a>
          {children}
          <Arrival />
        </Providers>
      </body>
    </html>
  );
}
