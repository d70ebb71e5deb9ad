"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { Notice } from "./notice";

type Flash = { readonly id: string; readonly ok: boolean; readonly message: string };

/** By flash, where it was said: its cookie may outlive that page, and the next one must not say it again. */
const places = new Map<string, string>();

/** What the page before had to say. A page that renders itself anew goes on saying it; the next place does not. */
export function FlashNotice({ flash }: { readonly flash: Flash | null }) {
  const place = `${usePathname()}?${useSearchParams().toString()}`;
  const isOld = flash !== null && (places.get(flash.id) ?? place) !== place;
  const news = isOld ? null : flash;
  const [said, setSaid] = useState({ flash: news, place });
  const isNews = news !== null && news.id !== said.flash?.id;
  if (isNews || place !== said.place) setSaid({ flash: news, place });
  useEffect(() => {
    if (said.flash !== null) places.set(said.flash.id, said.place);
  }, [said]);
  if (said.flash === null) return null;
  return <Notice kind={said.flash.ok ? "success" : "refusal"}>{said.flash.message}</Notice>;
}
